namespace OrleansWork;

/// <summary>Where the time of a job's slots went, in seconds of one slot, from its first lease until nothing is left to run or to combine, or until now. The parts add up to <see cref="SlotSeconds"/>.</summary>
public sealed record JobAccounting
{
    /// <summary>Gets slots times wall-clock time, as long as each slot was there.</summary>
    public double SlotSeconds { get; init; }

    /// <summary>Gets units that count.</summary>
    public double Compute { get; init; }

    /// <summary>Gets slots without work while the next lease waited on their silo.</summary>
    public double Queue { get; init; }

    /// <summary>Gets slots without work while the next lease was on its way.</summary>
    public double Transfer { get; init; }

    /// <summary>Gets slots without work while the result was being made.</summary>
    public double Combine { get; init; }

    /// <summary>Gets leases of other jobs.</summary>
    public double OtherJobs { get; init; }

    /// <summary>Gets slots without work when there was none.</summary>
    public double IdleNoWork { get; init; }

    /// <summary>Gets slots without work while some waited elsewhere.</summary>
    public double IdleWorkElsewhere { get; init; }

    /// <summary>Gets units that were run again, and those that failed.</summary>
    public double WastedRetry { get; init; }

    /// <summary>Gets units that a second attempt had done first.</summary>
    public double WastedSpeculation { get; init; }
}
