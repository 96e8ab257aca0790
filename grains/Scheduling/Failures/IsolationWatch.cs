namespace OrleansWork.Scheduling.Failures;

/// <summary>
/// Tells a silo that it is cut off from the rest of its cluster: neither another silo nor storage answers. It cannot read of its own death
/// then, and would run what others run too for as long as the cut lasts.
/// </summary>
/// <remarks>
/// Either answer is enough. While storage alone is away the silos keep each other at work; while the other silos alone are away, storage
/// says who is dead. A silo without others has nobody who could have given its work away. Only answers count, not what is heard: who hears
/// and is not heard is as lost as who hears nothing.
/// </remarks>
/// <param name="limit">How long nobody may answer.</param>
/// <param name="period">How often <see cref="Look"/> is called.</param>
/// <param name="now">The present, on a monotonic clock.</param>
internal sealed class IsolationWatch(TimeSpan limit, TimeSpan period, TimeSpan now)
{
    // Being looked at later than that is a pause of the whole process: in that time nobody could be heard.
    private const int PeriodsToBeLate = 8;
    private TimeSpan _answeredAt = now;
    private TimeSpan _lookedAt = now;

    /// <summary>Gets what the last look came to.</summary>
    public Isolation State { get; private set; }

    /// <summary>Notes that another silo or storage answered.</summary>
    public void Answered(TimeSpan now) => _answeredAt = now > _answeredAt ? now : _answeredAt;

    /// <summary>Returns how long nobody has answered.</summary>
    public TimeSpan SilenceAt(TimeSpan now) => now > _answeredAt ? now - _answeredAt : TimeSpan.Zero;

    /// <summary>Returns whether storage should be asked: the other silos, who answer all the time, are silent for a ninth of the limit.</summary>
    public bool AsksStorage(TimeSpan now) => SilenceAt(now) * 9 >= limit;

    /// <summary>Decides; called once a period. Coming much later than that, it takes the time between for a pause and counts it as no silence.</summary>
    /// <param name="others">How many other silos membership holds to be alive.</param>
    /// <param name="now">The present.</param>
    public Isolation Look(int others, TimeSpan now)
    {
        TimeSpan since = now - _lookedAt;
        _lookedAt = now;
        if (since > period * PeriodsToBeLate)
        {
            // Somebody may have answered in the pause.
            TimeSpan answered = _answeredAt + since - period;
            _answeredAt = answered < now ? answered : now;
        }

        if (State == Isolation.Over)
            return State;
        TimeSpan silence = SilenceAt(now);
        State =
            others == 0 || silence < limit ? Isolation.None
            : silence < limit * 2 ? Isolation.Fenced
            : Isolation.Over;
        return State;
    }
}
