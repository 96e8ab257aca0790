using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace OrleansWork.Engine.Tests.Support;

/// <summary>What test units share with the test that runs them, by the name in their input.</summary>
internal sealed class Bench
{
    private static readonly ConcurrentDictionary<string, Bench> All = new(StringComparer.Ordinal);

    public ConcurrentDictionary<long, int> Executions { get; } = new();

    public ManualResetEventSlim Gate { get; } = new(initialState: false);

    public static Bench Of(string name) => All.GetOrAdd(name, static _ => new Bench());
}

/// <summary>Units that wait at a gate: unit 0 always, the others never.</summary>
[JobKind("gated")]
public sealed class GatedKind : JobKind<GatedKind.Input, string>
{
    public sealed record Input(string Bench, long Units = 3);

    public override long CountUnits(Input input) => input.Units;

    public override string RunUnit(Input input, long unit, UnitContext context)
    {
        Bench bench = Bench.Of(input.Bench);
        bench.Executions.AddOrUpdate(unit, 1, static (_, count) => count + 1);
        if (unit == 0)
            bench.Gate.Wait(context.CancellationToken);
        return $"({unit})";
    }

    public override string Combine(string left, string right) => $"[{left}{right}]";
}

/// <summary>Units that all wait at a gate.</summary>
[JobKind("held")]
public sealed class HeldKind : JobKind<HeldKind.Input, long>
{
    public sealed record Input(string Bench, long Units = 20);

    public override long CountUnits(Input input) => input.Units;

    public override long RunUnit(Input input, long unit, UnitContext context)
    {
        Bench bench = Bench.Of(input.Bench);
        bench.Executions.AddOrUpdate(unit, 1, static (_, count) => count + 1);
        bench.Gate.Wait(context.CancellationToken);
        return unit;
    }

    public override long Combine(long left, long right) => left + right;
}

/// <summary>Units that log lines and say how far they are; the last of them waits at a gate when it is told to.</summary>
[JobKind("talking")]
public sealed class TalkingKind : JobKind<TalkingKind.Input, long>
{
    public sealed record Input(string Bench, long Units = 3, int Lines = 2, bool Waits = false);

    public override long CountUnits(Input input) => input.Units;

    public override long RunUnit(Input input, long unit, UnitContext context)
    {
        for (int line = 0; line < input.Lines; line++)
            context.Logger.LogInformation("unit {Unit} says {Line}", unit, line);
        context.Progress(0.25, "a quarter");
        context.Progress(0.5, "a half");
        if (input.Waits && unit == input.Units - 1)
            Bench.Of(input.Bench).Gate.Wait(context.CancellationToken);
        return 1;
    }

    public override long Combine(long left, long right) => left + right;
}

/// <summary>Units that fail a number of times each, then succeed.</summary>
[JobKind("failing")]
public sealed class FailingKind : JobKind<FailingKind.Input, long, long>
{
    public sealed record Input(string Bench, long Units = 10, int FailTimes = 1, bool Permanent = false, string Where = "unit");

    public override long CountUnits(Input input) =>
        input.Where == "count" ? throw new InvalidOperationException("cannot count") : input.Units;

    public override ValueTask PrepareAsync(Input input, CancellationToken cancellationToken) =>
        input.Where == "prepare" ? throw new InvalidOperationException("cannot prepare") : ValueTask.CompletedTask;

    public override long RunUnit(Input input, long unit, UnitContext context)
    {
        int executions = Bench.Of(input.Bench).Executions.AddOrUpdate(unit, 1, static (_, count) => count + 1);
        if (input.Where == "unit" && unit == 3 && executions <= input.FailTimes)
            throw input.Permanent ? new PermanentFailureException("never works") : new FormatException("bad digit at 12");
        return unit;
    }

    public override long Combine(long left, long right) => left + right;

    public override long Finish(Input input, long partial) =>
        input.Where == "finish" ? throw new InvalidOperationException("cannot finish") : partial;
}

/// <summary>Units of 20 ms with an input of any size.</summary>
[JobKind("large-input")]
public sealed class LargeInputKind : JobKind<LargeInputKind.Input, long>
{
    public sealed record Input(string Bench, long Units = 20, string Large = "");

    public override long CountUnits(Input input) => input.Units;

    public override long RunUnit(Input input, long unit, UnitContext context)
    {
        Bench.Of(input.Bench).Executions.AddOrUpdate(unit, 1, static (_, count) => count + 1);
        context.CancellationToken.WaitHandle.WaitOne(20);
        return unit;
    }

    public override long Combine(long left, long right) => left + right;
}

/// <summary>Units of which one always fails; making the result waits at a gate.</summary>
[JobKind("slow-finish")]
public sealed class SlowFinishKind : JobKind<SlowFinishKind.Input, long, long>
{
    /// <summary>Counts results that are begun; by a number that no unit has.</summary>
    public const long Begun = -1;

    public sealed record Input(string Bench, long Units = 10, long Bad = 3);

    public override long CountUnits(Input input) => input.Units;

    public override long RunUnit(Input input, long unit, UnitContext context) =>
        unit == input.Bad ? throw new PermanentFailureException("never works") : unit;

    public override long Combine(long left, long right) => left + right;

    public override long Finish(Input input, long partial)
    {
        Bench bench = Bench.Of(input.Bench);
        bench.Executions.AddOrUpdate(Begun, 1, static (_, count) => count + 1);
        bench.Gate.Wait(TimeSpan.FromMinutes(1));
        return partial;
    }
}
