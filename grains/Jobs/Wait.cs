using System.ComponentModel;
using System.Runtime.CompilerServices;

namespace OrleansWork.Jobs;

/// <summary>Units that wait without computing, as those do that call a web service: they hold a permit, not a slot.</summary>
/// <remarks>
/// A unit never ends early; it ends late by the resolution of the system's timers, some milliseconds. A unit of 0 µs costs nothing, any
/// other one timer.
/// </remarks>
/// <param name="time">What the waits are measured by.</param>
[JobKind("wait", Description = "Units that wait asynchronously for a given time")]
public sealed class Wait(TimeProvider? time = null) : JobKind<Wait.Input, Synthetic.Tally, Synthetic.Result>
{
    private static readonly TimeSpan LongestDelay = TimeSpan.FromDays(1);

    private readonly TimeProvider _time = time ?? TimeProvider.System;

    /// <summary>Names this kind with its types.</summary>
    public static readonly JobKindRef<Input, Synthetic.Result> Kind = KindOf<Wait>();

    /// <summary>How many units, and how long they wait.</summary>
    public sealed record Input(
        [property: Description("how many units, 0 to 2^62")] long Units = 1000,
        [property: Description("the mean wait of a unit in microseconds, 0 to 10^12")] double Microseconds = 1000,
        [property: Description("how waits vary between units")]
            Synthetic.DurationDistribution Distribution = Synthetic.DurationDistribution.Constant,
        [property: Description("the shape of the pareto distribution, above 1: the smaller, the longer its tail")] double Alpha = 1.5,
        [property: Description("the seed of the waits")] long Seed = 1
    );

    /// <inheritdoc/>
    public override IEnumerable<InputProblem> Validate(Input input)
    {
        if (input.Units is < 0 or > 1L << 62)
            yield return new("units", $"units is {input.Units}; it must be from 0 to 2^62.");
        if (!(input.Microseconds is >= 0 and <= 1e12))
            yield return new("microseconds", $"microseconds is {input.Microseconds}; it must be from 0 to 10^12.");
        if (!(input.Alpha > 1 && double.IsFinite(input.Alpha)))
            yield return new("alpha", $"alpha is {input.Alpha}; it must be above 1, or the distribution has no mean.");
    }

    /// <inheritdoc/>
    public override long CountUnits(Input input) => input.Units;

    /// <inheritdoc/>
    public override ValueTask<Synthetic.Tally> RunUnitAsync(Input input, long unit, UnitContext context)
    {
        double microseconds = Synthetic.MicrosecondsOf(input.Distribution, input.Microseconds, input.Alpha, input.Seed, unit);
        return microseconds > 0 ? WaitAsync(microseconds, unit, context.CancellationToken) : new(new Synthetic.Tally(1, unit));
    }

    /// <inheritdoc/>
    public override Synthetic.Tally Combine(Synthetic.Tally left, Synthetic.Tally right) =>
        new(left.Units + right.Units, left.Checksum + right.Checksum);

    /// <inheritdoc/>
    public override Synthetic.Result Finish(Input input, Synthetic.Tally partial) => new(partial.Units, partial.Checksum);

    /// <summary>Returns a tally of nothing.</summary>
    public override Synthetic.Result Empty(Input input) => new(0, 0);

    // Thousands of these wait at once: their state machines are reused.
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Synthetic.Tally> WaitAsync(double microseconds, long unit, CancellationToken cancellationToken)
    {
        long started = _time.GetTimestamp();
        TimeSpan whole = TimeSpan.FromMicroseconds(microseconds);

        // Timers count whole milliseconds and may fire a little before their time by the finer clock.
        for (TimeSpan left = whole; left > TimeSpan.Zero; left = whole - _time.GetElapsedTime(started))
        {
            TimeSpan delay = TimeSpan.FromMilliseconds(Math.Ceiling(left.TotalMilliseconds));
            await Task.Delay(delay < LongestDelay ? delay : LongestDelay, _time, cancellationToken);
        }

        return new Synthetic.Tally(1, unit);
    }
}
