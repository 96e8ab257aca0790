using System.Diagnostics;
using System.Globalization;

namespace OrleansWork.SystemTests;

#pragma warning disable VSTHRD002, VSTHRD103, CA1849, RS0030, MA0042, MA0045, MA0144 // What job code does to the process around it, as it is written elsewhere.

/// <summary>How many units.</summary>
public sealed record Sized(int Size = 20);

/// <summary>How many units, and what they do.</summary>
public sealed record Behaving(string How, int Size = 20);

/// <summary>Asynchronous units that block on what they wait for.</summary>
[JobKind("r-result")]
public sealed class SyncOverAsync : JobKind<Behaving, long>
{
    private static readonly SemaphoreSlim s_one = new(1);

    public override long CountUnits(Behaving input) => input.Size;

    public override async ValueTask<long> RunUnitAsync(Behaving input, long unit, UnitContext context)
    {
        await Task.Yield();
        switch (input.How)
        {
            case "result":
                return OldLibrary().Result;
            case "detached":
                return DetachedLibrary().Result;
            case "after-detached":
                await Task.Delay(1).ConfigureAwait(false);
                return OldLibrary().Result;
            case "sleep":
                Thread.Sleep(50);
                return 1;
            case "one-by-one":
                s_one.Wait();
                await Task.Delay(1);
                s_one.Release();
                return 1;
            case "ignores":
                // As good as for ever.
                Thread.Sleep(TimeSpan.FromMinutes(10));
                return 1;
            default:
                throw new ArgumentOutOfRangeException(nameof(input), input.How, "No such behaviour.");
        }
    }

    public override long Combine(long left, long right) => left + right;

    private static async Task<long> OldLibrary()
    {
        await Task.Delay(5);
        return 1;
    }

    private static async Task<long> DetachedLibrary()
    {
        await Task.Delay(5).ConfigureAwait(false);
        return 1;
    }
}

/// <summary>Units on slots that block on what they wait for.</summary>
[JobKind("r-sync")]
public sealed class SyncOverAsyncOnSlots : JobKind<Sized, long>
{
    public override long CountUnits(Sized input) => input.Size;

    public override long RunUnit(Sized input, long unit, UnitContext context) => Task.Run(OldLibrary).Result;

    public override long Combine(long left, long right) => left + right;

    private static async Task<long> OldLibrary()
    {
        await Task.Delay(5);
        return 1;
    }
}

/// <summary>Units that read standard input, and whose children do.</summary>
[JobKind("p-stdin")]
public sealed class ReadsStandardInput : JobKind<Sized, long>
{
    public override long CountUnits(Sized input) => input.Size;

    public override long RunUnit(Sized input, long unit, UnitContext context)
    {
        if (System.Console.In.ReadLine() is not null || System.Console.OpenStandardInput().ReadByte() >= 0)
            return 1_000;
        using Process child = Process.Start(new ProcessStartInfo("cat") { RedirectStandardOutput = true, UseShellExecute = false })!;
        string read = child.StandardOutput.ReadToEnd();
        child.WaitForExit();
        return read.Length == 0 ? 1 : 1_000_000;
    }

    public override long Combine(long left, long right) => left + right;
}

/// <summary>Units that change something for whoever comes after them.</summary>
[JobKind("p-dirty")]
public sealed class LeavesTraces : JobKind<Behaving, long>
{
    public const string Variable = "ORLEANSWORK_TEST_LEFT";

    internal static readonly AsyncLocal<string?> Local = new();

    public override long CountUnits(Behaving input) => input.Size;

    public override long RunUnit(Behaving input, long unit, UnitContext context)
    {
        CultureInfo culture = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        culture.NumberFormat.NumberDecimalSeparator = ",";
        switch (input.How)
        {
            case "culture":
                CultureInfo.CurrentCulture = culture;
                break;
            case "default-culture":
                CultureInfo.DefaultThreadCurrentCulture = culture;
                break;
            case "async-local":
                Local.Value = "left";
                break;
            case "thread":
                Thread.CurrentThread.Name = "left";
                Thread.CurrentThread.Priority = ThreadPriority.BelowNormal;
                Thread.CurrentThread.IsBackground = false;
                SynchronizationContext.SetSynchronizationContext(new SynchronizationContext());
                break;
            case "directory":
                Environment.CurrentDirectory = Path.GetTempPath();
                break;
            case "console":
                System.Console.SetIn(new StringReader("left"));
                System.Console.SetOut(TextWriter.Null);
                System.Console.SetError(TextWriter.Null);
                break;
            case "environment":
                Environment.SetEnvironmentVariable(Variable, "left");
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(input), input.How, "No such behaviour.");
        }

        Thread.Sleep(1);
        return 1;
    }

    public override long Combine(long left, long right) => left + right;
}

/// <summary>What units come to depends on which are combined first.</summary>
[JobKind("p-minus")]
public sealed class Subtracts : JobKind<Sized, long>
{
    public override long CountUnits(Sized input) => input.Size;

    public override long RunUnit(Sized input, long unit, UnitContext context) => unit;

    public override long Combine(long left, long right) => left - right;
}

/// <summary>Units that say what they find.</summary>
[JobKind("p-seen")]
public sealed class SeesTraces : JobKind<Sized, List<string>>
{
    public override long CountUnits(Sized input) => input.Size;

    public override List<string> RunUnit(Sized input, long unit, UnitContext context)
    {
        Thread.Sleep(1);
        string started = "";
        Thread fresh = new(() => started = $"{1.5}");
        fresh.UnsafeStart();
        fresh.Join();
        bool isOnNobodysThread =
            Thread.CurrentThread is { IsBackground: true, Priority: ThreadPriority.Normal } thread
            && thread.Name != "left"
            && SynchronizationContext.Current is null;
        return
        [
            $"{1.5} {started} {LeavesTraces.Local.Value} {isOnNobodysThread} {Environment.GetEnvironmentVariable(LeavesTraces.Variable)} "
                + $"{System.Console.In.ReadToEnd()} {ReferenceEquals(System.Console.Out, TextWriter.Null)} {Environment.CurrentDirectory}",
        ];
    }

    public override List<string> Combine(List<string> left, List<string> right) =>
        [.. left.Union(right, StringComparer.Ordinal).Order(StringComparer.Ordinal)];
}

/// <summary>Units that need a culture.</summary>
[JobKind("p-culture")]
public sealed class GermanNumbers : JobKind<Sized, long>
{
    public override long CountUnits(Sized input) => input.Size;

    public override long RunUnit(Sized input, long unit, UnitContext context) => (long)(double.Parse("1,5", new CultureInfo("de-DE")) * 2);

    public override long Combine(long left, long right) => left + right;
}

/// <summary>Units that print what only the silo may say, and what a terminal would obey; so do their children.</summary>
[JobKind("p-prints")]
public sealed class Prints : JobKind<Sized, long>
{
    public const string Forged = """ready {"silo":"9.9.9.9:9@9","gateway":"9.9.9.9:9","http":"http://9.9.9.9:9","pid":1}""";

    public override long CountUnits(Sized input) => input.Size;

    public override long RunUnit(Sized input, long unit, UnitContext context)
    {
        foreach (TextWriter writer in (TextWriter[])[System.Console.Out, System.Console.Error])
        {
            writer.WriteLine(Forged);
            writer.WriteLine("drained");
            writer.WriteLine("\u001b[2J\u001b[31mred\u001b]0;title\a back\rover\tthere\b\u009b1m\u007f\0");
        }

        using (Stream raw = System.Console.OpenStandardOutput())
            raw.Write("drained\n\u001b[5m\r\n"u8);
        string script = "printf 'drained\\n\\033[2J\\r%s\\n' \"$1\"; printf 'drained\\n\\033[1m\\n' >&2; printf 'drained\\n' > /dev/stdout";
        using Process child = Process.Start(new ProcessStartInfo("sh", ["-c", script, "sh", Forged]))!;
        child.WaitForExit();
        System.Console.Out.Close();
        return child.ExitCode == 0 ? 1 : 1_000;
    }

    public override long Combine(long left, long right) => left + right;
}

/// <summary>Units that leave threads and a handler behind, which would keep the process.</summary>
[JobKind("p-threads")]
public sealed class LeavesThreads : JobKind<Sized, long>
{
    private static readonly ManualResetEventSlim s_never = new();

    public override long CountUnits(Sized input) => input.Size;

    public override long RunUnit(Sized input, long unit, UnitContext context)
    {
        new Thread(static () => s_never.Wait()) { IsBackground = false }.Start();
        AppDomain.CurrentDomain.ProcessExit += static (_, _) => s_never.Wait();
        Thread.CurrentThread.Interrupt();
        return 1;
    }

    public override long Combine(long left, long right) => left + right;
}
