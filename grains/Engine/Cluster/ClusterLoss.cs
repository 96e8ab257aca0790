namespace OrleansWork.Engine.Cluster;

/// <summary>Tells the host of a silo that neither another silo nor storage has answered it for too long.</summary>
/// <remarks>
/// The silo takes no new leases from then on. The others have given its work away, and it cannot read that they declared it dead: the host
/// should end it at once, without waiting for anything that needs them. A new process joins when it can.
/// </remarks>
public sealed class ClusterLoss
{
    private readonly TaskCompletionSource<TimeSpan> _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Gets a task that completes with how long nobody answered, once that is twice <c>IsolationLimit</c>.</summary>
    public Task<TimeSpan> Reached => _reached.Task;

    internal void Report(TimeSpan silence) => _reached.TrySetResult(silence);
}
