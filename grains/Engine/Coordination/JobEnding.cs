using OrleansWork.Engine.Execution;
using OrleansWork.Engine.Storage;
using OrleansWork.Scheduling.Coordination;

namespace OrleansWork.Engine.Coordination;

/// <summary>What is written of a job's end.</summary>
/// <param name="Run">The run that ended; null when none was there.</param>
/// <param name="State">Succeeded, Failed or Canceled.</param>
/// <param name="Failure">Why, or null.</param>
/// <param name="FailedBuild">The build of the kind where nothing but its code decides, else null.</param>
/// <param name="Snapshot">The run's machine at its end.</param>
/// <param name="Encoded">The bytes of partials that are kept and not stored yet; null when they could not be encoded, or none is kept.</param>
/// <param name="KeepsNodes">Whether the job may go on from its partials some day.</param>
/// <param name="Trace">What is stored of how it ran; null when nothing is known.</param>
/// <param name="FinishedTicks">When it ended.</param>
internal sealed record JobEnding(
    JobRun? Run,
    JobState State,
    JobFailure? Failure,
    Guid? FailedBuild,
    JobSnapshot? Snapshot,
    Dictionary<long, byte[]>? Encoded,
    bool KeepsNodes,
    byte[]? Trace,
    long FinishedTicks
);
