using OrleansWork.Engine.Storage;
using OrleansWork.Protocol;
using OrleansWork.Scheduling.Coordination;

namespace OrleansWork.Engine.Coordination;

/// <summary>What only the coordinator's grain knows of a job.</summary>
internal readonly record struct CoordinatorView(
    JobState State,
    DateTimeOffset Now,
    string? Coordinator,
    string? Waiting,
    EtaInterval? Eta,
    string? Warning
)
{
    /// <summary>Gets the time of the run's machine.</summary>
    public TimeSpan MachineTime { get; init; }
}
