namespace OrleansWork.Engine.Execution;

/// <summary>Tells the host of a silo that more slots are lost to units that ignore their cancellation than the silo replaces.</summary>
/// <remarks>The silo takes no new leases from then on. Only a new process gets rid of threads that do not return: the host should end this one.</remarks>
public sealed class SlotLoss
{
    private readonly TaskCompletionSource<int> _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Gets a task that completes with the number of lost slots once there are too many (MaxLostSlots).</summary>
    public Task<int> Reached => _reached.Task;

    internal void Report(int lost) => _reached.TrySetResult(lost);
}
