using System.Collections.Immutable;
using OrleansWork.Protocol;
using OrleansWork.Values;

namespace OrleansWork.Engine.Execution;

/// <summary>What the units of a job may say to the silo while they run.</summary>
internal interface IUnitSink
{
    /// <summary>Gets the silo's address as users see it.</summary>
    string Silo { get; }

    /// <summary>Gets a logger for one unit.</summary>
    Microsoft.Extensions.Logging.ILogger GetLogger(long unit, int attempt);

    /// <summary>Takes a unit's progress.</summary>
    void Progress(long unit, int attempt, double fraction, string? message);
}

/// <summary>Where a job's units run.</summary>
/// <param name="JobId">The job.</param>
/// <param name="Incarnation">Which life of that id.</param>
/// <param name="Description">What the job is.</param>
/// <param name="Sink">Takes what units say.</param>
/// <param name="MaxPayloadBytes">The largest result of a unit.</param>
/// <param name="MaxErrorTextBytes">The longest text of an error.</param>
/// <param name="ValueCheckInterval">How many values there are from one that is read back to the next; 0 when none is.</param>
internal sealed record JobContext(
    string JobId,
    ulong Incarnation,
    JobDescription Description,
    IUnitSink Sink,
    int MaxPayloadBytes,
    int MaxErrorTextBytes = FailureRecords.DefaultTextBytes,
    int ValueCheckInterval = CrossingCheck.DefaultInterval
)
{
    /// <summary>Gets what units may have changed of the process, or null where that is not the silo's to put back.</summary>
    public ProcessState? Process { get; init; }
}

/// <summary>What running a lease gave.</summary>
/// <param name="DoneTo">The unit after the last one done.</param>
/// <param name="Nodes">The partials of what is done.</param>
/// <param name="Failure">The failure of unit DoneTo, or null.</param>
internal readonly record struct LeaseResult(long DoneTo, ImmutableArray<NodePartial> Nodes, FailureRecord? Failure);

/// <summary>One job on one silo: its kind's instance with its input, ready to run units.</summary>
internal abstract class PreparedJob(JobContext context)
{
    private double _nanosPerUnit = double.NaN;
    private long _unitsSeen;

    /// <summary>Gets where the units run.</summary>
    public JobContext Context { get; } = context;

    /// <summary>Gets whether the units wait instead of computing.</summary>
    public abstract bool IsAsync { get; }

    /// <summary>Gets how many of the job's leases may be under way at once, or 0 for the silo's own number.</summary>
    public abstract int AsyncSlots { get; }

    /// <summary>Gets the recent mean time of a unit in nanoseconds; NaN before the first.</summary>
    public double NanosPerUnit => Volatile.Read(ref _nanosPerUnit);

    /// <summary>Gets how many units have run.</summary>
    public long UnitsSeen => Volatile.Read(ref _unitsSeen);

    /// <summary>Gets or sets whether short leases may run without the hop to a slot: off for good at the first surprise.</summary>
    public bool AllowsQuick { get; set; } = true;

    /// <summary>Runs the units of a lease on this thread.</summary>
    public abstract LeaseResult Run(LeaseWork work);

    /// <summary>Runs the units of a lease that wait.</summary>
    public abstract Task<LeaseResult> RunAsync(LeaseWork work);

    /// <summary>Learns how long units took.</summary>
    public void Observe(long units, double nanos)
    {
        if (units <= 0)
            return;
        double each = nanos / units;
        double mean = NanosPerUnit;
        Volatile.Write(ref _nanosPerUnit, double.IsNaN(mean) ? each : mean + (each - mean) * 0.25);
        Volatile.Write(ref _unitsSeen, UnitsSeen + units);
    }
}
