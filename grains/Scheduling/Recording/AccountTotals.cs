namespace OrleansWork.Scheduling.Recording;

/// <summary>Where the time of a job's slots went. The parts add up to <see cref="Slots"/>.</summary>
internal readonly record struct AccountTotals
{
    /// <summary>Gets slots times wall-clock time, as long as each was there.</summary>
    public TimeSpan Slots { get; init; }

    /// <summary>Gets units that count.</summary>
    public TimeSpan Compute { get; init; }

    /// <summary>Gets slots without work while the next lease waited on their silo.</summary>
    public TimeSpan Queue { get; init; }

    /// <summary>Gets slots without work while the next lease was on its way.</summary>
    public TimeSpan Transfer { get; init; }

    /// <summary>Gets slots without work while the result was being made of what they had done.</summary>
    public TimeSpan Combine { get; init; }

    /// <summary>Gets leases of other jobs.</summary>
    public TimeSpan OtherJobs { get; init; }

    /// <summary>Gets slots without work when there was none.</summary>
    public TimeSpan IdleNoWork { get; init; }

    /// <summary>Gets slots without work while some waited elsewhere.</summary>
    public TimeSpan IdleWorkElsewhere { get; init; }

    /// <summary>Gets units that were run again, and those that failed.</summary>
    public TimeSpan WastedRetry { get; init; }

    /// <summary>Gets units that a second attempt had done first.</summary>
    public TimeSpan WastedSpeculation { get; init; }

    /// <summary>Gets what is in no part; zero, or the account is broken.</summary>
    public TimeSpan Unaccounted =>
        Slots - Compute - Queue - Transfer - Combine - OtherJobs - IdleNoWork - IdleWorkElsewhere - WastedRetry - WastedSpeculation;

    /// <summary>Adds two accounts.</summary>
    public static AccountTotals operator +(in AccountTotals left, in AccountTotals right) =>
        new()
        {
            Slots = left.Slots + right.Slots,
            Compute = left.Compute + right.Compute,
            Queue = left.Queue + right.Queue,
            Transfer = left.Transfer + right.Transfer,
            Combine = left.Combine + right.Combine,
            OtherJobs = left.OtherJobs + right.OtherJobs,
            IdleNoWork = left.IdleNoWork + right.IdleNoWork,
            IdleWorkElsewhere = left.IdleWorkElsewhere + right.IdleWorkElsewhere,
            WastedRetry = left.WastedRetry + right.WastedRetry,
            WastedSpeculation = left.WastedSpeculation + right.WastedSpeculation,
        };

    /// <summary>Gives other jobs their part of what looked idle: first of waiting on the silo, then of idling, last of the way.</summary>
    /// <param name="busy">How long slots worked for other jobs.</param>
    public AccountTotals WithOthers(TimeSpan busy)
    {
        TimeSpan left = busy > TimeSpan.Zero ? busy : TimeSpan.Zero;
        TimeSpan queue = Take(Queue, ref left);
        TimeSpan elsewhere = Take(IdleWorkElsewhere, ref left);
        TimeSpan none = Take(IdleNoWork, ref left);
        TimeSpan combine = Take(Combine, ref left);
        TimeSpan transfer = Take(Transfer, ref left);
        return this with
        {
            Queue = Queue - queue,
            IdleWorkElsewhere = IdleWorkElsewhere - elsewhere,
            IdleNoWork = IdleNoWork - none,
            Combine = Combine - combine,
            Transfer = Transfer - transfer,
            OtherJobs = OtherJobs + queue + elsewhere + none + combine + transfer,
        };
    }

    private static TimeSpan Take(TimeSpan of, ref TimeSpan left)
    {
        TimeSpan taken = of < left ? of : left;
        left -= taken;
        return taken;
    }
}
