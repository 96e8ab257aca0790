using OrleansWork.Scheduling.Placement;

namespace OrleansWork.Scheduling.Recording;

/// <summary>What a coordinator keeps of what it decided and what came of it (DESIGN section 6): bounded, and cheap enough for every lease.</summary>
/// <remarks>
/// The newest leases and decisions are kept one by one, as many as memory is given for; all go into bands, histograms and the account. Leases
/// expected to last under a millisecond are kept one by one only now and then: <see cref="SamplePeriod"/>.
/// </remarks>
internal sealed class RunRecorder
{
    /// <summary>A lease expected to last less is kept only now and then.</summary>
    public static readonly TimeSpan FoldedBelow = TimeSpan.FromMilliseconds(1);

    /// <summary>How often one of them is kept, for each silo.</summary>
    public static readonly TimeSpan SamplePeriod = TimeSpan.FromMilliseconds(50);

    /// <summary>How many marks are kept.</summary>
    public const int MostMarks = 500;

    /// <summary>How many attempts that failed are kept with what they said.</summary>
    public const int MostFailures = 256;

    private readonly Dictionary<int, SiloHistory> _silos = [];
    private readonly Queue<Mark> _marks = new();
    private readonly Queue<FailedAttempt> _failures = new();
    private readonly SiloHistory _unplaced = new(TimeSpan.Zero);

    /// <summary>Makes an empty record.</summary>
    /// <param name="limits">How much it may keep.</param>
    /// <param name="former">What earlier coordinators accounted for.</param>
    public RunRecorder(RecordLimits limits, AccountTotals former)
    {
        Leases = new Ring<LeaseEntry>(limits.ForLeases);
        Decisions = new Ring<DecisionEntry>(limits.ForDecisions);
        Ends = new Ring<long>(limits.ForEnds);
        Account = new TimeAccount { Former = former };
    }

    /// <summary>Gets the newest leases, in the order in which they were granted.</summary>
    public Ring<LeaseEntry> Leases { get; }

    /// <summary>Gets the newest decisions.</summary>
    public Ring<DecisionEntry> Decisions { get; }

    /// <summary>Gets the numbers of entries of <see cref="Leases"/>, in the order in which the leases ended.</summary>
    public Ring<long> Ends { get; }

    /// <summary>Gets where the time went.</summary>
    public TimeAccount Account { get; }

    /// <summary>Gets when the first lease was granted; null before.</summary>
    public TimeSpan? Began { get; private set; }

    /// <summary>Gets how many leases were granted and taken.</summary>
    public long Granted { get; private set; }

    /// <summary>Gets how many of them are not kept one by one, by design.</summary>
    public long Folded { get; private set; }

    /// <summary>Gets what happened to silos and to the job, oldest first.</summary>
    public IReadOnlyCollection<Mark> Marks => _marks;

    /// <summary>Gets the newest attempts at units that failed, oldest first.</summary>
    public IReadOnlyCollection<FailedAttempt> Failures => _failures;

    /// <summary>Gets what each silo did, by the machine's number.</summary>
    public IReadOnlyDictionary<int, SiloHistory> Silos => _silos;

    /// <summary>Says whether the next lease of a silo is kept one by one.</summary>
    public bool Keeps(int silo, double predictedSeconds, TimeSpan now) =>
        !(predictedSeconds < FoldedBelow.TotalSeconds) || now - Of(silo, now).SampledAt >= SamplePeriod;

    /// <summary>Counts a lease that was granted.</summary>
    public void Grants(int silo, ChoiceRule rule, TimeSpan now)
    {
        if (Began is null)
        {
            Began = now;
            Account.Open(now);
        }

        Granted++;
        Of(silo, now).CountChoice(rule, 1);
    }

    /// <summary>Keeps a lease that was granted.</summary>
    /// <returns>The number of its entry.</returns>
    public long Keep(LeaseEntry entry)
    {
        Of(entry.Silo, entry.Granted).SampledAt = entry.Granted;
        return Leases.Add(entry);
    }

    /// <summary>Counts a lease that is not kept one by one.</summary>
    public void Fold() => Folded++;

    /// <summary>Takes back a lease that its silo did not take.</summary>
    public void Refuses(long entry, int silo, ChoiceRule rule, TimeSpan now)
    {
        Granted--;
        Of(silo, now).CountChoice(rule, -1);
        Finish(entry, LeaseEnd.Refused, now);
    }

    /// <summary>Says which silo got a lease that others placed.</summary>
    public void Places(long entry, int silo, TimeSpan now)
    {
        if (Leases.Has(entry))
            Leases[entry].Silo = silo;
        Of(silo, now).CountChoice(ChoiceRule.Offered, 1);
    }

    /// <summary>Says that a lease runs.</summary>
    public void Sees(long entry, int slot, TimeSpan started)
    {
        if (!Leases.Has(entry))
            return;
        ref LeaseEntry lease = ref Leases[entry];
        (lease.Slot, lease.Started) = (slot, started);
    }

    /// <summary>Takes the end of a lease that ran.</summary>
    /// <param name="entry">The number of its entry; negative when it is not kept.</param>
    /// <param name="use">Where and when it ran.</param>
    /// <param name="doneTo">The unit after the last one that it completed.</param>
    /// <param name="units">How many that were.</param>
    /// <param name="end">How it ended.</param>
    /// <param name="now">The time.</param>
    public void Ran(long entry, in SlotUse use, long doneTo, long units, LeaseEnd end, TimeSpan now)
    {
        Account.Ran(use, now);
        SiloHistory silo = Of(use.Silo, now);
        silo.Bands.Add(use.Started, use.Ended, units, end);
        double seconds = (use.Ended - use.Started).TotalSeconds;
        silo.Durations.Add(seconds);
        if (end is LeaseEnd.Committed or LeaseEnd.Yielded or LeaseEnd.Failed)
            silo.Series.Add(use.Ended, seconds, units, use.Reason);
        if (!Leases.Has(entry))
            return;
        ref LeaseEntry lease = ref Leases[entry];
        (lease.Silo, lease.DoneTo) = (use.Silo, doneTo);
        if (use.Slot >= 0)
            lease.Slot = use.Slot;
        (lease.Arrived, lease.Started, lease.Ended) = (use.Arrived, use.Started, use.Ended);
        Finish(entry, end, now);
    }

    /// <summary>Takes the end of a lease of which nobody knows whether it ran.</summary>
    public void Finish(long entry, LeaseEnd end, TimeSpan now)
    {
        if (!Leases.Has(entry))
            return;
        ref LeaseEntry lease = ref Leases[entry];
        (lease.End, lease.Heard) = (end, now);
        if (lease.Ended == TimeSpan.MinValue)
            lease.Ended = now;
        Ends.Add(entry);
    }

    /// <summary>Notes what happened to a silo or to the job.</summary>
    public void Note(MarkKind kind, string? silo, string? text, TimeSpan now)
    {
        _marks.Enqueue(new Mark(now, kind, silo, text));
        if (_marks.Count > MostMarks)
            _marks.Dequeue();
    }

    /// <summary>Keeps what an attempt at a unit failed with.</summary>
    public void Fails(FailedAttempt failure)
    {
        int cut = FailedAttempt.MostChars;
        if (failure.Message.Length > cut)
            failure = failure with { Message = $"{failure.Message[..(char.IsHighSurrogate(failure.Message[cut - 1]) ? cut - 1 : cut)]}…" };
        _failures.Enqueue(failure);
        if (_failures.Count > MostFailures)
            _failures.Dequeue();
    }

    /// <summary>Lets go of the memory of what is kept one by one.</summary>
    public void Clear()
    {
        Leases.Clear();
        Decisions.Clear();
        Ends.Clear();
    }

    private SiloHistory Of(int silo, TimeSpan now)
    {
        if (silo < 0)
            return _unplaced;
        if (!_silos.TryGetValue(silo, out SiloHistory? history))
            _silos.Add(silo, history = new SiloHistory(Began ?? now));
        return history;
    }
}
