using System.Collections.Concurrent;
using System.Globalization;
using System.Text;

namespace OrleansWork.SystemTests.Faults;

/// <summary>Units that wait, and write down every execution: what ran, when and in which process, whatever the engine believes.</summary>
[JobKind("recorded", Version = RecordedVersion.Number, Description = "Units that wait and write down every execution")]
public sealed class RecordedWork : JobKind<RecordedWork.Input, RecordedWork.Tally, RecordedWork.Result>
{
    private static readonly ConcurrentDictionary<string, ExecutionLog> s_logs = new(StringComparer.Ordinal);

    private ExecutionLog? _log;

    /// <param name="Folder">Where executions are written down, a file per process; empty for nowhere.</param>
    /// <param name="Units">How many units.</param>
    /// <param name="Milliseconds">How long each waits, holding its slot.</param>
    /// <param name="LongUnit">The unit that takes longer.</param>
    /// <param name="LongMilliseconds">How long that one waits.</param>
    /// <param name="Bad">The units that do something bad first.</param>
    /// <param name="Misdeed">What they do.</param>
    /// <param name="MisdeedSeconds">How long what a bad unit leaves behind lasts.</param>
    /// <param name="Steps">How many steps each computes besides, of about a nanosecond or two.</param>
    public sealed record Input(
        string Folder,
        long Units,
        double Milliseconds,
        long LongUnit = -1,
        double LongMilliseconds = 0,
        IReadOnlyList<long>? Bad = null,
        Misdeed Misdeed = Misdeed.Throw,
        double MisdeedSeconds = 0,
        long Steps = 0
    );

    /// <summary>The harmonic sum shows in its last bits in which order it was added.</summary>
    public readonly record struct Tally(long Units, long Checksum, double Harmonic);

    public sealed record Result(long Units, long Checksum, double Harmonic);

    public static JobKindRef<Input, Result> Kind { get; } = KindOf<RecordedWork>();

    public override ValueTask PrepareAsync(Input input, CancellationToken cancellationToken)
    {
        _log = input.Folder.Length == 0 ? null : s_logs.GetOrAdd(input.Folder, static folder => new ExecutionLog(folder));
        return ValueTask.CompletedTask;
    }

    public override long CountUnits(Input input) => input.Units;

    public override Tally RunUnit(Input input, long unit, UnitContext context)
    {
        _log?.Write('B', unit, context.Attempt);
        if (input.Bad?.Contains(unit) == true)
            GoWrong(input, unit, context);
        double milliseconds = unit == input.LongUnit ? input.LongMilliseconds : input.Milliseconds;
        if (milliseconds >= 1 && context.CancellationToken.WaitHandle.WaitOne((int)milliseconds))
            context.CancellationToken.ThrowIfCancellationRequested();
        if (Compute(input.Steps, unit) == 0)
            throw new InvalidOperationException("A xorshift never comes to nothing.");
        _log?.Write('E', unit, context.Attempt);
        return new Tally(1, unit, 1.0 / (unit + 3));
    }

    public override Tally Combine(Tally left, Tally right) =>
        new(left.Units + right.Units, left.Checksum + right.Checksum, left.Harmonic + right.Harmonic);

    public override Result Finish(Input input, Tally partial) => new(partial.Units, partial.Checksum, partial.Harmonic);

    private void GoWrong(Input input, long unit, UnitContext context)
    {
        try
        {
            Misdeeds.Commit(
                input.Misdeed,
                string.Create(CultureInfo.InvariantCulture, $"unit {unit} of {Path.GetFileName(input.Folder)} is bad"),
                TimeSpan.FromSeconds(input.MisdeedSeconds),
                context.CancellationToken
            );
        }
        catch
        {
            _log?.Write('F', unit, context.Attempt);
            throw;
        }
    }

    private static ulong Compute(long steps, long unit)
    {
        ulong state = (ulong)unit + 1;
        for (long i = 0; i < steps; i++)
        {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
        }

        return state;
    }

    private sealed class ExecutionLog(string folder)
    {
        private readonly Lock _lock = new();

        // Unbuffered: what a killed process wrote is there.
        private readonly FileStream _file = new(
            Path.Combine(folder, Environment.ProcessId.ToString(CultureInfo.InvariantCulture)),
            FileMode.Append,
            FileAccess.Write,
            FileShare.ReadWrite,
            bufferSize: 0
        );

        public void Write(char what, long unit, int attempt)
        {
            lock (_lock)
            {
                string line = string.Create(
                    CultureInfo.InvariantCulture,
                    $"{what} {TimeProvider.System.GetUtcNow().UtcTicks} {unit} {attempt}\n"
                );
                _file.Write(Encoding.ASCII.GetBytes(line));
            }
        }
    }
}
