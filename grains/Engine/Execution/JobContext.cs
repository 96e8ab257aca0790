using OrleansWork.Protocol;
using OrleansWork.Values;

namespace OrleansWork.Engine.Execution;

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
