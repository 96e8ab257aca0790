using OrleansWork.Protocol;
using OrleansWork.Scheduling.Fairness;
using OrleansWork.Values;

namespace OrleansWork.Engine.Execution;

/// <summary>One job on one silo: its kind's instance with its input, ready to run units.</summary>
internal abstract class PreparedJob(JobContext context)
{
    /// <summary>Gets where the units run.</summary>
    public JobContext Context { get; } = context;

    /// <summary>Gets whether the units wait instead of computing.</summary>
    public abstract bool IsAsync { get; }

    /// <summary>Gets how many of the job's leases may be under way at once, or 0 for the silo's own number.</summary>
    public abstract int AsyncSlots { get; }

    /// <summary>Gets whether its leases may run in the turn that brings them, and how long its units take.</summary>
    public QuickTurn Turn { get; } = new();

    /// <summary>Runs the units of a lease on this thread.</summary>
    public abstract LeaseResult Run(LeaseWork work);

    /// <summary>Runs the units of a lease that wait.</summary>
    public abstract Task<LeaseResult> RunAsync(LeaseWork work);
}
