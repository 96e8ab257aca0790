using OrleansWork.Protocol;
using OrleansWork.Scheduling.Recording;

namespace OrleansWork.Engine.Recording;

/// <summary>What of a job is known when something of it is to be explained.</summary>
/// <param name="Status">Where it stands.</param>
/// <param name="Trace">How it ran; null before its first lease, and when that is not kept.</param>
internal sealed record ExplainedJob(JobStatus Status, RunTrace? Trace)
{
    /// <summary>Gets where the unit asked for is; null when no unit was, or when no machine is there to say.</summary>
    public UnitPlace? Place { get; init; }

    /// <summary>Gets why the unit asked for waits, or any that does; null when no machine is there to say.</summary>
    public UnitWait? Wait { get; init; }

    /// <summary>Gets until when, in UTC.</summary>
    public DateTimeOffset? WaitUntil { get; init; }

    /// <summary>Gets how the silos stand with the job at present; empty when no machine is there to say.</summary>
    public IReadOnlyList<SiloStanding> Standings { get; init; } = [];

    /// <summary>Gets why nothing of it runs though it is open, as its coordinator says; or null.</summary>
    public string? Held { get; init; }

    /// <summary>Gets whether that is because no silo has its kind.</summary>
    public bool IsKindNowhere { get; init; }

    /// <summary>Gets where it waits for its turn; null when it does not wait for that.</summary>
    public QueuePlace? Queue { get; init; }

    /// <summary>Gets the present.</summary>
    public DateTimeOffset Now { get; init; }
}
