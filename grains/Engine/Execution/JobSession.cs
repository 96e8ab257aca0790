using Microsoft.Extensions.Logging;
using OrleansWork.Protocol;
using OrleansWork.Scheduling.Failures;
using OrleansWork.Scheduling.Fairness;

namespace OrleansWork.Engine.Execution;

/// <summary>One incarnation of a job on this silo: its fence, its share, its prepared instance and the leases held for it.
/// Guarded by the pool's lock, but for what units say.</summary>
internal sealed class JobSession(string jobId, ulong incarnation, string silo, ILogger logger, TimeProvider time) : IUnitSink, IGatedJob
{
    private readonly UnitNoteBuffer _notes = new(logger, jobId, time);
    private int _canaries;

    public string JobId { get; } = jobId;
    public ulong Incarnation { get; } = incarnation;

    /// <inheritdoc/>
    public string Silo { get; } = silo;

    /// <summary>Gets or sets the highest epoch seen: commands of an older one are refused.</summary>
    public int Epoch { get; set; }

    public SiloAddress? Coordinator { get; set; }

    /// <summary>Gets or sets the class of its work; computing until its kind is known.</summary>
    public required WorkClass Class { get; set; }

    public JobAdmission Admission { get; set; } = new();
    public FairQueue<LeaseWork>.Flow Flow { get; } = new();

    /// <summary>Gets or sets how many leases are taken at most, whatever the share.</summary>
    public int AdmissionLimit { get; set; } = int.MaxValue;

    public PreparedJob? Prepared { get; set; }
    public bool IsLoading { get; set; }

    /// <summary>Gets or sets the use of the kind's instance, from when its preparation begins.</summary>
    public JobInstances.InstanceUse? Use { get; set; }

    public bool HasEnded { get; set; }
    public long UsedMicros { get; set; }
    public LeaseWork? FirstHeld { get; private set; }
    private LeaseWork? _lastHeld;
    public int HeldCount { get; private set; }

    /// <summary>Gets or sets how many runners are in its units, those included whose result nobody wants any more.</summary>
    public int RunningCount { get; set; }

    /// <summary>Gets the finished leases whose reports nobody has taken yet, in order.</summary>
    public List<LeaseWork> Outgoing { get; } = [];

    public bool IsSending { get; set; }

    /// <summary>Gets or sets what cuts the sender's pause short: there is a new coordinator.</summary>
    public TaskCompletionSource? Retry { get; set; }

    /// <summary>Says how careful the silo is with a lease.</summary>
    public static LeaseCare CareOf(in Lease lease) =>
        !lease.Canary ? LeaseCare.None
        : lease.Alone ? LeaseCare.Alone
        : LeaseCare.Canary;

    /// <inheritdoc/>
    public bool Holds(LeaseCare care, long arrivedAfterMicros)
    {
        if (care > LeaseCare.None && _canaries == 0)
            return false;
        for (LeaseWork? work = FirstHeld; work is not null; work = work.HeldNext)
        {
            // A lone canary may wait for long before it begins, and is as dangerous then as one that came just now.
            bool isRecent = work.Lease.Alone
                ? !work.HasBegun || work.StartedMicros > arrivedAfterMicros
                : work.ArrivedMicros > arrivedAfterMicros;
            if (isRecent && work.State != LeaseState.Over && CareOf(work.Lease) >= care)
                return true;
        }

        return false;
    }

    public void Hold(LeaseWork work)
    {
        _canaries += work.Lease.Canary ? 1 : 0;
        work.HeldPrevious = _lastHeld;
        if (_lastHeld is null)
            FirstHeld = work;
        else
            _lastHeld.HeldNext = work;
        _lastHeld = work;
        HeldCount++;
    }

    public void Unhold(LeaseWork work)
    {
        if (work.HeldPrevious is null && FirstHeld != work)
            return;
        if (work.HeldPrevious is null)
            FirstHeld = work.HeldNext;
        else
            work.HeldPrevious.HeldNext = work.HeldNext;
        if (work.HeldNext is null)
            _lastHeld = work.HeldPrevious;
        else
            work.HeldNext.HeldPrevious = work.HeldPrevious;
        (work.HeldPrevious, work.HeldNext) = (null, null);
        HeldCount--;
        _canaries -= work.Lease.Canary ? 1 : 0;
    }

    /// <inheritdoc/>
    public ILogger GetLogger(long unit, int attempt) => _notes.GetLogger(unit, attempt);

    /// <inheritdoc/>
    public void Progress(long unit, int attempt, double fraction, string? message) => _notes.Progress(unit, attempt, fraction, message);

    /// <summary>Takes what units said since the last call; empty when they said nothing.</summary>
    public System.Collections.Immutable.ImmutableArray<UnitNote> TakeNotes() => _notes.Take();
}
