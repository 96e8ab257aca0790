namespace OrleansWork.Scheduling.Fairness;

/// <summary>Decides how many leases a silo takes at once in one class of work, and how much of that belongs to each job.</summary>
/// <remarks>
/// A silo admits enough to cover the round trip and no more, so that work waits in coordinators, where it can still go elsewhere:
/// about slots + 1 for leases of 50 ms, up to 64 per slot when leases last microseconds, and none but what runs when leases last so long that
/// one which waits would be handed back before a slot is free. Times are microseconds of any clock that never goes back. Not for two threads
/// at once.
/// </remarks>
internal sealed class AdmissionControl
{
    /// <summary>The most leases per slot, whatever the round trip.</summary>
    public const int MaxDepthPerSlot = 64;

    private const long SeenWindowMicros = 1_000_000;
    private const double LeaseTauMicros = 1_000_000;
    private const int MeanOfLeases = 10_000;
    private readonly WindowMaximum _roundTrip = new(SeenWindowMicros);
    private readonly double _longMicros;
    private double _leaseMicros = 50_000;
    private long _leaseAtMicros = long.MinValue;
    private int _leases;
    private JobAdmission? _oldest;
    private JobAdmission? _newest;
    private long _seenWeight;

    /// <summary>Makes the control of a class that performs <paramref name="slots"/> units at once.</summary>
    /// <param name="slots">How many units can be performed at once.</param>
    /// <param name="queueLimitMicros">How long a lease may wait for a slot before it is handed back; 5 seconds by default.</param>
    public AdmissionControl(int slots, long queueLimitMicros = 5_000_000)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(slots, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(queueLimitMicros, 1);
        Slots = slots;
        _longMicros = queueLimitMicros / 2.0;
    }

    /// <summary>Gets how many units can be performed at once.</summary>
    public int Slots { get; }

    /// <summary>Gets how many leases are admitted and not released.</summary>
    public int Held { get; private set; }

    /// <summary>Gets the most leases that were ever held at once.</summary>
    public int PeakHeld { get; private set; }

    /// <summary>Gets the cap that applied when <see cref="PeakHeld"/> was reached: 64 per slot and one per job seen.</summary>
    public int CapAtPeak { get; private set; }

    /// <summary>Gets the mean time that a lease keeps a slot busy, in microseconds; 50 ms before the first one.</summary>
    public double LeaseMicros => _leaseMicros;

    /// <summary>Returns how many leases are admitted at once, all jobs together.</summary>
    public int Depth(long nowMicros)
    {
        double wanted = Slots * (1 + 1.5 * _roundTrip.At(nowMicros) / Math.Max(_leaseMicros, 0.01));
        return _leaseMicros < _longMicros
            ? (int)Math.Clamp(Math.Ceiling(wanted), Slots + 1, (double)MaxDepthPerSlot * Slots)
            : (int)Math.Clamp(Math.Floor(wanted), Slots, (double)MaxDepthPerSlot * Slots);
    }

    /// <summary>Returns how many jobs asked for room within the last second.</summary>
    public int JobsSeen(long nowMicros)
    {
        Forget(nowMicros);
        return SeenCount;
    }

    /// <summary>Takes a lease of the job in, or refuses it; the job counts as seen either way.</summary>
    /// <param name="job">The job.</param>
    /// <param name="weight">Its weight against others, at least 1.</param>
    /// <param name="limit">How many leases of this job are taken at most, whatever its share.</param>
    /// <param name="nowMicros">The time.</param>
    /// <param name="share">How many leases of this job are admitted at once.</param>
    /// <returns>Whether the lease is admitted; then <see cref="Release"/> must follow.</returns>
    public bool TryAdmit(JobAdmission job, int weight, int limit, long nowMicros, out int share)
    {
        See(job, weight, nowMicros);
        int depth = Depth(nowMicros);
        share = Math.Min(limit, ShareOf(job, depth));
        if (job.Held >= share || Held >= depth + SeenCount)
            return false;
        Take(job);
        return true;
    }

    /// <summary>Takes in the only lease of a job that <see cref="TryAdmit"/> has just refused because others hold all the room there is.</summary>
    /// <remarks>Those who hold it may not have asked for a second, and so do not count, but keep it for hours: whoever has nothing yet has his turn too.</remarks>
    /// <returns>Whether the lease is admitted; then <see cref="Release"/> must follow. Not when the job holds one, nor beyond the cap.</returns>
    public bool TryAdmitFirst(JobAdmission job)
    {
        if (job.Held > 0 || Held >= Cap)
            return false;
        Take(job);
        return true;
    }

    /// <summary>Returns how many leases of the job are admitted at once.</summary>
    public int Share(JobAdmission job, long nowMicros)
    {
        Forget(nowMicros);
        return ShareOf(job, Depth(nowMicros));
    }

    /// <summary>Returns how many leases the job may hold just now: its share, as far as what others hold leaves room for it.</summary>
    /// <remarks>What a coordinator is told, so that it does not ask for what it would be refused.</remarks>
    /// <returns>At least 1: a job that holds none may always ask.</returns>
    public int Offer(JobAdmission job, long nowMicros)
    {
        Forget(nowMicros);
        int depth = Depth(nowMicros);
        int free = Math.Max(0, depth + SeenCount + (job.IsSeen ? 0 : 1) - Held);
        return Math.Max(1, Math.Min(ShareOf(job, depth), job.Held + free));
    }

    /// <summary>Gives the room of an admitted lease back.</summary>
    public void Release(JobAdmission job)
    {
        if (job.Held == 0)
            throw new InvalidOperationException("The job holds no lease here.");
        job.Held--;
        Held--;
    }

    /// <summary>Learns how long a lease kept its slot busy; weighs by time, τ = 1 s.</summary>
    /// <remarks>
    /// The first leases weigh as in a plain mean of them and the 50 ms assumed: weighed by time alone, that assumption would keep the depth
    /// at slots + 1 for the first seven seconds of leases that last microseconds.
    /// </remarks>
    public void ObserveLease(double busyMicros, long nowMicros)
    {
        long since = _leaseAtMicros == long.MinValue ? 1 : Math.Max(1, nowMicros - _leaseAtMicros);
        _leaseAtMicros = Math.Max(_leaseAtMicros, nowMicros);
        double weight = 1 - Math.Exp(-since / LeaseTauMicros);
        if (_leases < MeanOfLeases)
            weight = Math.Max(weight, 1.0 / (++_leases + 1));
        _leaseMicros += weight * (busyMicros - _leaseMicros);
    }

    /// <summary>Learns that a lease waited so long while every slot was kept: leases last at least as long, though none has ended yet.</summary>
    public void ObserveWait(long waitedMicros, long nowMicros)
    {
        if (waitedMicros <= _leaseMicros)
            return;
        _leaseMicros = waitedMicros;
        _leaseAtMicros = Math.Max(_leaseAtMicros, nowMicros);
    }

    /// <summary>Learns the round trip that a lease call carried; the largest of the last second counts.</summary>
    public void ObserveRoundTrip(long roundTripMicros, long nowMicros) => _roundTrip.Add(roundTripMicros, nowMicros);

    /// <summary>Lets go of a job that has ended.</summary>
    public void Remove(JobAdmission job)
    {
        if (job.IsSeen)
            Unlink(job);
    }

    private int SeenCount { get; set; }

    private int Cap => MaxDepthPerSlot * Slots + SeenCount;

    private void Take(JobAdmission job)
    {
        job.Held++;
        Held++;
        if (Held <= PeakHeld)
            return;
        PeakHeld = Held;
        CapAtPeak = Cap;
    }

    private int ShareOf(JobAdmission job, int depth)
    {
        long weights = Math.Max(job.Weight, job.IsSeen ? _seenWeight : _seenWeight + job.Weight);
        return (int)Math.Max(1, (depth * (long)job.Weight + weights - 1) / weights);
    }

    private void See(JobAdmission job, int weight, long nowMicros)
    {
        if (job.IsSeen)
            Unlink(job);
        Forget(nowMicros);
        job.Weight = Math.Max(1, weight);
        job.SeenAtMicros = nowMicros;
        job.IsSeen = true;
        job.Older = _newest;
        job.Newer = null;
        if (_newest is null)
            _oldest = job;
        else
            _newest.Newer = job;
        _newest = job;
        _seenWeight += job.Weight;
        SeenCount++;
    }

    private void Forget(long nowMicros)
    {
        while (_oldest is { } job && nowMicros - job.SeenAtMicros > SeenWindowMicros)
            Unlink(job);
    }

    private void Unlink(JobAdmission job)
    {
        if (job.Older is null)
            _oldest = job.Newer;
        else
            job.Older.Newer = job.Newer;
        if (job.Newer is null)
            _newest = job.Older;
        else
            job.Newer.Older = job.Older;
        (job.Older, job.Newer, job.IsSeen) = (null, null, false);
        _seenWeight -= job.Weight;
        SeenCount--;
    }
}
