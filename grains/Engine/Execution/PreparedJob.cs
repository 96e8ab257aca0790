using OrleansWork.Protocol;
using OrleansWork.Values;

namespace OrleansWork.Engine.Execution;

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
