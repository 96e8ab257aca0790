namespace OrleansWork.Engine.Coordination;

/// <summary>Something that happens again and again, and that many may wait for.</summary>
/// <remarks>Not for two threads at once: called in one grain's turns, or under a lock.</remarks>
internal sealed class Signal
{
    private TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Gets what ends when it happens next.</summary>
    public Task Next => _next.Task;

    /// <summary>Lets it happen.</summary>
    public void Raise()
    {
        TaskCompletionSource waiting = _next;
        _next = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        waiting.TrySetResult();
    }
}
