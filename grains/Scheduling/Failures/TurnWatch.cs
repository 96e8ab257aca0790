namespace OrleansWork.Scheduling.Failures;

/// <summary>Says from how long work waits for a thread of the pool whether a silo should take leases: one whose pool is blocked answers late or never.</summary>
/// <remarks>
/// Time is what the watch itself got: when the whole process stood still or had no processor, so did the watch, and nothing is wrong with
/// the pool.
/// </remarks>
internal sealed class TurnWatch
{
    /// <summary>How long work waits before the silo counts as starved.</summary>
    public static readonly TimeSpan StarvedAfter = TimeSpan.FromSeconds(1);

    /// <summary>How long work waits at most where all is well.</summary>
    public static readonly TimeSpan PromptWithin = TimeSpan.FromMilliseconds(250);

    /// <summary>How long all has to be well until a starved silo takes leases again.</summary>
    public static readonly TimeSpan WellFor = TimeSpan.FromSeconds(5);

    /// <summary>How often it looks.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromMilliseconds(100);

    // A look that comes later than this was itself kept waiting.
    private static readonly TimeSpan LongestStep = TimeSpan.FromMilliseconds(200);
    private TimeSpan _well;

    /// <summary>Gets whether the silo is starved.</summary>
    public bool IsStarved { get; private set; }

    /// <summary>Gets how long the work that waits now has waited.</summary>
    public TimeSpan Waited { get; private set; }

    /// <summary>Gets how long the work that waited at the last look had waited then, also when it has run since.</summary>
    public TimeSpan LastWaited { get; private set; }

    /// <summary>Looks once.</summary>
    /// <param name="elapsed">The time since the last look.</param>
    /// <param name="answered">Whether the work that was handed to the pool has run; the next is handed over then.</param>
    /// <returns>Whether <see cref="IsStarved"/> has changed.</returns>
    public bool Look(TimeSpan elapsed, bool answered)
    {
        TimeSpan step = elapsed < LongestStep ? elapsed : LongestStep;
        Waited += step;
        _well = Waited <= PromptWithin ? _well + step : TimeSpan.Zero;
        bool starved = Waited >= StarvedAfter || (IsStarved && _well < WellFor);
        LastWaited = Waited;
        if (answered)
            Waited = TimeSpan.Zero;
        bool changed = starved != IsStarved;
        IsStarved = starved;
        return changed;
    }
}
