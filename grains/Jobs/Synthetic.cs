using System.Collections.Frozen;
using System.ComponentModel;
using System.Diagnostics;

namespace OrleansWork.Jobs;

/// <summary>Units that take a given time, for measuring a cluster, and that fail, hang or crash on request, for testing it.</summary>
[JobKind("synthetic", Description = "Units that take a given time, and fail, hang or crash on request")]
public sealed class Synthetic : JobKind<Synthetic.Input, Synthetic.Tally, Synthetic.Result>
{
    /// <summary>The <see cref="AppContext"/> switch that lets <c>crashUnits</c> end this process; read when a job is validated and when a unit runs.</summary>
    public const string AllowCrashSwitch = "OrleansWork.AllowCrash";

    // The tail of a pareto distribution goes beyond what clocks count.
    private const double LongestMicroseconds = 1e15;

    private FrozenSet<long> _fail = [];
    private FrozenSet<long> _hang = [];
    private FrozenSet<long> _crash = [];
    private bool _faulty;

    /// <summary>Names this kind with its types.</summary>
    public static readonly JobKindRef<Input, Result> Kind = KindOf<Synthetic>();

    /// <summary>How a unit spends its time; either way it holds its slot.</summary>
    public enum WorkMode
    {
        /// <summary>It computes.</summary>
        Spin,

        /// <summary>It waits.</summary>
        Sleep,
    }

    /// <summary>How durations vary between units, around the same mean.</summary>
    public enum DurationDistribution
    {
        /// <summary>All alike.</summary>
        Constant,

        /// <summary>Exponential.</summary>
        Exponential,

        /// <summary>Pareto: a few units take very long.</summary>
        Pareto,
    }

    /// <summary>How many units, how long they take, and which of them go wrong.</summary>
    public sealed record Input(
        [property: Description("how many units, 0 to 2^62")] long Units = 1000,
        [property: Description("the mean duration of a unit in microseconds, 0 to 10^12")] double Microseconds = 1000,
        [property: Description("whether a unit computes or waits; either way it holds its slot")] WorkMode Mode = WorkMode.Spin,
        [property: Description("how durations vary between units")] DurationDistribution Distribution = DurationDistribution.Constant,
        [property: Description("the shape of the pareto distribution, above 1: the smaller, the longer its tail")] double Alpha = 1.5,
        [property: Description("the seed of the durations")] long Seed = 1,
        [property: Description("the units that throw")] IReadOnlyList<long>? FailUnits = null,
        [property: Description("how many attempts at each of failUnits throw, then it succeeds; without it all do")] int? FailTimes = null,
        [property: Description("the units that wait until they are canceled")] IReadOnlyList<long>? HangUnits = null,
        [property: Description("the units that end their process; only where the silo allows it")] IReadOnlyList<long>? CrashUnits = null
    );

    /// <summary>Units done, and the sum of their numbers.</summary>
    public readonly record struct Tally(long Units, Int128 Checksum);

    /// <summary>The units done, and the sum of their numbers: n(n-1)/2 when all n are.</summary>
    public sealed record Result(long Units, Int128 Checksum);

    /// <summary>Computes how long a unit takes.</summary>
    /// <returns>Microseconds; depends on the input's distribution and seed and on the unit's number only.</returns>
    public static double MicrosecondsOf(Input input, long unit) =>
        MicrosecondsOf(input.Distribution, input.Microseconds, input.Alpha, input.Seed, unit);

    /// <summary>Computes how long a unit takes.</summary>
    /// <param name="distribution">How durations vary.</param>
    /// <param name="mean">Their mean in microseconds.</param>
    /// <param name="alpha">The shape of a pareto distribution, above 1.</param>
    /// <param name="seed">The seed of the durations.</param>
    /// <param name="unit">The unit's number.</param>
    /// <returns>Microseconds, at most 10^15; depends on the arguments only.</returns>
    public static double MicrosecondsOf(DurationDistribution distribution, double mean, double alpha, long seed, long unit)
    {
        if (distribution == DurationDistribution.Constant || mean == 0)
            return mean;

        (uint low, uint high, _, _) = PhiloxRandom.At((ulong)seed, (ulong)unit, 0);
        double uniform = ((((ulong)high << 32 | low) >> 11) + 1) * (1.0 / (1UL << 53));
        double drawn =
            distribution == DurationDistribution.Exponential
                ? -Math.Log(uniform) * mean
                : mean * (alpha - 1) / alpha * Math.Pow(uniform, -1 / alpha);
        return Math.Min(drawn, LongestMicroseconds);
    }

    /// <inheritdoc/>
    public override IEnumerable<InputProblem> Validate(Input input)
    {
        if (input.Units is < 0 or > 1L << 62)
            yield return new("units", $"units is {input.Units}; it must be from 0 to 2^62.");
        if (!(input.Microseconds is >= 0 and <= 1e12))
            yield return new("microseconds", $"microseconds is {input.Microseconds}; it must be from 0 to 10^12.");
        if (!(input.Alpha > 1 && double.IsFinite(input.Alpha)))
            yield return new("alpha", $"alpha is {input.Alpha}; it must be above 1, or the distribution has no mean.");
        if (input.FailTimes is < 0)
            yield return new("failTimes", $"failTimes is {input.FailTimes}; it must be at least 0.");
        foreach ((string field, IReadOnlyList<long>? units) in Faults(input))
        {
            foreach (long unit in units ?? [])
            {
                if (unit < 0 || unit >= input.Units)
                {
                    yield return new(field, $"{field} names unit {unit}; units are numbered from 0 to {input.Units - 1}.");
                    break;
                }
            }
        }

        if (input.CrashUnits is { Count: > 0 } && !CrashAllowed)
            yield return new("crashUnits", CrashRefusal);
    }

    /// <inheritdoc/>
    public override ValueTask PrepareAsync(Input input, CancellationToken cancellationToken)
    {
        _fail = (input.FailUnits ?? []).ToFrozenSet();
        _hang = (input.HangUnits ?? []).ToFrozenSet();
        _crash = (input.CrashUnits ?? []).ToFrozenSet();
        _faulty = _fail.Count + _hang.Count + _crash.Count > 0;
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public override long CountUnits(Input input) => input.Units;

    /// <inheritdoc/>
    public override Tally RunUnit(Input input, long unit, UnitContext context)
    {
        if (_faulty)
            GoWrong(input, unit, context);
        double microseconds = MicrosecondsOf(input, unit);
        if (microseconds > 0)
            Spend(microseconds, input.Mode, context.CancellationToken);
        return new(1, unit);
    }

    /// <inheritdoc/>
    public override Tally Combine(Tally left, Tally right) => new(left.Units + right.Units, left.Checksum + right.Checksum);

    /// <inheritdoc/>
    public override Result Finish(Input input, Tally partial) => new(partial.Units, partial.Checksum);

    /// <summary>Returns a tally of nothing.</summary>
    public override Result Empty(Input input) => new(0, 0);

    private static bool CrashAllowed => AppContext.TryGetSwitch(AllowCrashSwitch, out bool allowed) && allowed;

    private static string CrashRefusal => "crashUnits end the process, which this silo does not allow; start it with --allow-crash.";

    private static (string Field, IReadOnlyList<long>? Units)[] Faults(Input input) =>
        [("failUnits", input.FailUnits), ("hangUnits", input.HangUnits), ("crashUnits", input.CrashUnits)];

    private void GoWrong(Input input, long unit, UnitContext context)
    {
        if (_crash.Contains(unit))
        {
            if (!CrashAllowed)
                throw new PermanentFailureException(CrashRefusal);
            Environment.FailFast($"Unit {unit} is one of crashUnits.");
        }

        if (_hang.Contains(unit))
        {
            context.CancellationToken.WaitHandle.WaitOne();
            context.CancellationToken.ThrowIfCancellationRequested();
        }

        if (_fail.Contains(unit) && (input.FailTimes is null || context.Attempt <= input.FailTimes))
            throw new InvalidOperationException($"Unit {unit} is one of failUnits; this is attempt {context.Attempt}.");
    }

    private static void Spend(double microseconds, WorkMode mode, CancellationToken cancellationToken)
    {
        long start = Stopwatch.GetTimestamp();
        long end = start + (long)(microseconds * Stopwatch.Frequency / 1e6);
        if (mode == WorkMode.Sleep)
            Wait(microseconds, cancellationToken);

        // Waiting is good to a millisecond; the rest of it is spun like any other work, so that both modes keep their time.
        while (Stopwatch.GetTimestamp() < end)
            cancellationToken.ThrowIfCancellationRequested();
    }

    private static void Wait(double microseconds, CancellationToken cancellationToken)
    {
        const double LongestWaitMilliseconds = 1 << 30;
        for (double left = Math.Floor(microseconds / 1000); left >= 1; left -= LongestWaitMilliseconds)
        {
            if (cancellationToken.WaitHandle.WaitOne((int)Math.Min(left, LongestWaitMilliseconds)))
                cancellationToken.ThrowIfCancellationRequested();
        }
    }
}
