using OrleansWork.Engine.Execution;
using OrleansWork.Engine.Storage;
using OrleansWork.Protocol;
using OrleansWork.Scheduling.Coordination;
using OrleansWork.Scheduling.Reduction;

namespace OrleansWork.Engine.Coordination;

/// <summary>What a run needs of the grain that owns it. Called from the grain's turns.</summary>
internal interface IJobRunHost
{
    /// <summary>Gets the scheduler of the grain's turns.</summary>
    TaskScheduler Scheduler { get; }

    /// <summary>Wakes the run by <see cref="JobRun.OnTimer"/> after a while.</summary>
    void WakeAfter(TimeSpan due);

    /// <summary>Says that something a watcher sees has changed.</summary>
    void Changed();

    /// <summary>Says that units were committed, with the busy time that would be lost with them, at a monotonic time.</summary>
    void Progressed(double busySeconds, TimeSpan now);

    /// <summary>Says that leases are granted up to a unit, at a monotonic time.</summary>
    void Leased(long to, TimeSpan now);

    /// <summary>Stores a snapshot as soon as possible; <see cref="JobRun.Stored"/> is called after it.</summary>
    void StoreNow();

    /// <summary>Says that the run waits to enter a step of the kind's code, until <see cref="JobRun.EnterStep"/>.</summary>
    void StepWanted(KindStep step);

    /// <summary>Says that the step is left.</summary>
    void StepLeft();

    /// <summary>Takes the end of the job, unless this run is no longer the one.</summary>
    void Ended(JobRun run, JobPhase phase, JobFailure? failure);

    /// <summary>Says that another coordinator is the one.</summary>
    void Superseded();
}
