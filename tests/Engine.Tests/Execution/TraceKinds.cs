using System.Diagnostics;
using System.Globalization;

namespace OrleansWork.Engine.Tests.Execution;

/// <summary>What code can leave behind on its thread, and whether any of it is there.</summary>
internal static class Traces
{
    public static readonly string[] Ways =
    [
        "culture",
        "ui-culture",
        "async-local",
        "activity",
        "synchronization-context",
        "suppressed-flow",
        "thread-name",
        "thread-priority",
    ];

    private static readonly AsyncLocal<string?> Local = new();

    /// <summary>Gives the caller's context something of every kind that flows.</summary>
    public static void LeaveInCaller()
    {
        foreach (string way in (string[])["culture", "ui-culture", "async-local", "activity"])
            Leave(way);
    }

    /// <summary>Leaves something behind, as code does that does not know whose thread it runs on.</summary>
    public static void Leave(string way)
    {
        CultureInfo culture = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        culture.NumberFormat.NumberDecimalSeparator = ",";
        switch (way)
        {
            case "culture":
                CultureInfo.CurrentCulture = culture;
                break;
            case "ui-culture":
                CultureInfo.CurrentUICulture = culture;
                break;
            case "async-local":
                Local.Value = "left";
                break;
            case "activity":
                new Activity("left").Start();
                break;
            case "synchronization-context":
                SynchronizationContext.SetSynchronizationContext(new SynchronizationContext());
                break;
            case "suppressed-flow":
                if (!ExecutionContext.IsFlowSuppressed())
                    ExecutionContext.SuppressFlow();
                break;
            case "thread-name":
                Thread.CurrentThread.Name = "left";
                break;
            case "thread-priority":
                Thread.CurrentThread.Priority = ThreadPriority.BelowNormal;
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(way), way, "No such way.");
        }
    }

    /// <summary>Returns what is there that was not there at the start.</summary>
    public static string Seen()
    {
        List<string> seen = [];
        if ($"{1.5}" != "1.5" || !Equals(CultureInfo.CurrentCulture, CultureInfo.InvariantCulture))
            seen.Add("culture");
        if (CultureInfo.CurrentUICulture.NumberFormat.NumberDecimalSeparator != ".")
            seen.Add("ui-culture");
        if (Local.Value is not null)
            seen.Add("async-local");
        if (Activity.Current is not null)
            seen.Add("activity");
        if (SynchronizationContext.Current is not null)
            seen.Add("synchronization-context");
        if (ExecutionContext.IsFlowSuppressed())
            seen.Add("suppressed-flow");
        if (Thread.CurrentThread.Name == "left")
            seen.Add("thread-name");
        if (Thread.CurrentThread.Priority != ThreadPriority.Normal)
            seen.Add("thread-priority");
        return string.Join(' ', seen);
    }
}

/// <summary>Units, and what belongs to none, that say what others left and leave something themselves.</summary>
[JobKind("traces")]
internal sealed class TracesKind(Probe probe) : JobKind<TracesKind.Input, string, string>, IAsyncDisposable
{
    public sealed record Input(string Way, long Units = 100, long LeavesFrom = 0);

    private string _way = "";

    public override ValueTask PrepareAsync(Input input, CancellationToken cancellationToken)
    {
        _way = input.Way;
        Look("prepare");
        return ValueTask.CompletedTask;
    }

    public override long CountUnits(Input input) => input.Units;

    public override string RunUnit(Input input, long unit, UnitContext context)
    {
        string seen = Traces.Seen();
        if (unit >= input.LeavesFrom)
            Traces.Leave(input.Way);
        return seen.Length == 0 ? "" : $"{unit} saw {seen}; ";
    }

    public override string Combine(string left, string right)
    {
        string seen = Traces.Seen();
        Traces.Leave(_way.Length > 0 ? _way : "culture");
        return left + right + (seen.Length == 0 ? "" : $"combine saw {seen}; ");
    }

    public override string Finish(Input input, string partial) => partial;

    public ValueTask DisposeAsync()
    {
        Look("dispose");
        return ValueTask.CompletedTask;
    }

    private void Look(string where)
    {
        probe.Events.Enqueue($"{where} saw {Traces.Seen()}");
        Traces.Leave(_way.Length > 0 ? _way : "culture");
    }
}

/// <summary>The same with units that wait, or only say so.</summary>
[JobKind("async-traces")]
internal sealed class AsyncTracesKind : JobKind<AsyncTracesKind.Input, string>
{
    public sealed record Input(string Way, bool Waits, long Units = 100);

    public override long CountUnits(Input input) => input.Units;

    public override ValueTask<string> RunUnitAsync(Input input, long unit, UnitContext context)
    {
        string seen = Traces.Seen();
        Traces.Leave(input.Way);
        string text = seen.Length == 0 ? "" : $"{unit} saw {seen}; ";
        return input.Waits ? WaitAsync(input.Way, text) : new(text);
    }

    public override string Combine(string left, string right) => left + right;

    private static async ValueTask<string> WaitAsync(string way, string text)
    {
        await Task.Yield();
        if (way != "suppressed-flow")
            Traces.Leave(way);
        return text;
    }
}

/// <summary>Units of nanoseconds, of which only the last leave something; combining leaves nothing.</summary>
[JobKind("rare-traces")]
internal sealed class RareTracesKind(Probe probe) : JobKind<RareTracesKind.Input, string>
{
    public sealed record Input(string Way, long Units);

    public override long CountUnits(Input input) => input.Units;

    public override string RunUnit(Input input, long unit, UnitContext context)
    {
        if (unit < input.Units - 20_000)
            return "";
        probe.Enter();
        string seen = Traces.Seen();
        if (TaskScheduler.Current != TaskScheduler.Default)
            seen += " another scheduler";
        Traces.Leave(input.Way);
        return seen.Length == 0 ? "" : $"{unit} saw {seen}; ";
    }

    public override string Combine(string left, string right) => left.Length + right.Length == 0 ? "" : left + right;
}
