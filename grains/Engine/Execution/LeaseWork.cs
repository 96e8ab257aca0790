using OrleansWork.Protocol;
using OrleansWork.Scheduling.Coordination;
using OrleansWork.Scheduling.Failures;

namespace OrleansWork.Engine.Execution;

/// <summary>One lease on this silo. All but the runner's part is guarded by the pool's lock.</summary>
internal sealed class LeaseWork(JobSession session, Lease lease, int epoch, long arrivedMicros)
{
    private int _stop;
    private long _at = lease.From;
    private CancellationTokenSource? _source;
    private volatile bool _tokenCancelled;

    public JobSession Session { get; } = session;
    public Lease Lease { get; } = lease;
    public int Epoch { get; } = epoch;
    public long ArrivedMicros { get; } = arrivedMicros;

    public LeaseState State { get; set; }

    /// <summary>Gets or sets the call that waits for the report, or null once the report goes by a call of the silo's own.</summary>
    public BatchCall? Call { get; set; }

    public int CallIndex { get; set; }

    /// <summary>Gets or sets whether its first unit may have run: a lone canary has its slot and waits until its coordinator has stored that it begins.</summary>
    public bool HasBegun { get; set; } = !lease.Alone;

    /// <summary>Gets or sets whether nobody wants the report any more.</summary>
    public bool IsUnwanted { get; set; }

    public long StartedMicros { get; set; }
    public long ChargedMicros { get; set; }
    public SlotThread? Slot { get; set; }

    /// <summary>Gets or sets which slot or permit it has, from 0; -1 while it has none, and where it runs in a worker's turn.</summary>
    public int SlotIndex { get; set; } = -1;

    /// <summary>Gets or sets whether it was given up because its unit ignored its cancellation.</summary>
    public bool IsLost { get; set; }

    /// <summary>Gets the spans of the message that brought the lease; null where nobody records its job.</summary>
    public LeaseTrace? Trace { get; init; }

    /// <summary>Gets or sets the report kept until a coordinator takes it.</summary>
    public LeaseReport? Kept { get; set; }

    public long KeptSinceMicros { get; set; }
    public int KeptBytes { get; set; }

    // What the ticker saw last: a unit's time is counted from the first tick that sees it, without a clock in the runner.
    public long SampledUnit { get; set; } = -1;
    public long SampledMicros { get; set; }
    public long TokenCancelledMicros { get; set; } = -1;

    // The pool's list of admitted or of running leases, and the session's list of all it holds.
    public LeaseWork? Previous { get; set; }
    public LeaseWork? Next { get; set; }
    public WorkList? List { get; set; }
    public LeaseWork? HeldPrevious { get; set; }
    public LeaseWork? HeldNext { get; set; }

    /// <summary>Gets why the runner is to stop; it reads this before every unit.</summary>
    public StopReason Stop => (StopReason)Volatile.Read(ref _stop);

    /// <summary>Gets the unit that the runner is at.</summary>
    public long At => Volatile.Read(ref _at);

    /// <summary>Gets a token for the running unit; made only if the unit asks for it.</summary>
    public CancellationToken Token
    {
        get
        {
            CancellationTokenSource? source = Volatile.Read(ref _source);
            if (source is null)
            {
                CancellationTokenSource created = new();
                source = Interlocked.CompareExchange(ref _source, created, null) ?? created;
                if (_tokenCancelled)
                    source.Cancel();
            }

            return source.Token;
        }
    }

    /// <summary>Says where the runner is; called by the runner alone, before every unit.</summary>
    public void MoveTo(long unit) => Volatile.Write(ref _at, unit);

    /// <summary>Tells the runner to stop; a weaker reason never replaces a stronger one.</summary>
    public void RequestStop(StopReason reason)
    {
        int seen = Volatile.Read(ref _stop);
        while (seen < (int)reason)
        {
            int before = Interlocked.CompareExchange(ref _stop, (int)reason, seen);
            if (before == seen)
                return;
            seen = before;
        }
    }

    /// <summary>Cancels the unit's token without running its callbacks here: they are user code.</summary>
    public void CancelToken(long nowMicros)
    {
        if (_tokenCancelled)
            return;
        _tokenCancelled = true;
        TokenCancelledMicros = nowMicros;
        if (Volatile.Read(ref _source) is { } source)
            _ = source.CancelAsync();
    }

    /// <summary>Makes a report that nothing ran, or that all of it was handed back.</summary>
    public LeaseReport Empty(LeaseOutcome outcome, long nowMicros, FailureRecord? failure = null) =>
        new(Epoch, Lease.Number, outcome, Lease.From, Lease.From, [], failure, Math.Max(0, nowMicros - ArrivedMicros), 0)
        {
            Slot = SlotIndex,
            EndedMicros = nowMicros,
        };

    /// <summary>Describes the lease for a heartbeat.</summary>
    public HeldLease Describe(long nowMicros) =>
        new(
            Session.JobId,
            Session.Incarnation,
            Epoch,
            Lease.Number,
            Lease.From,
            Lease.To,
            At,
            State >= LeaseState.Running && HasBegun,
            State == LeaseState.Running && HasBegun ? Math.Max(0, nowMicros - StartedMicros) : 0
        )
        {
            Alone = Lease.Alone,
            Slot = SlotIndex,
        };
}
