namespace OrleansWork;

/// <summary>What the host of a silo may want to know of its health: for a readiness check, and to end the process where only a new one helps.</summary>
/// <remarks>A service of every host with <c>AddOrleansWork</c>, which ends the host itself unless <see cref="EngineOptions.StopsHost"/> is false.</remarks>
public sealed class SiloHealth
{
    private readonly TaskCompletionSource<SiloFailure> _failed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _isStarved;
    private SiloFailure? _failure;

    internal SiloHealth() { }

    /// <summary>Gets whether turns wait so long, because code in the process blocks the threads of its pool, that the silo takes no leases.</summary>
    public bool IsStarved
    {
        get => _isStarved;
        internal set => _isStarved = value;
    }

    /// <summary>Gets what only a new process mends, or null.</summary>
    public SiloFailure? Failure => _failure;

    /// <summary>Gets a task that completes once there is a <see cref="Failure"/>; the silo takes no leases from then on.</summary>
    public Task<SiloFailure> Failed => _failed.Task;

    /// <summary>Records a failure; the first one stays.</summary>
    internal void Fail(SiloFailure failure)
    {
        if (Interlocked.CompareExchange(ref _failure, failure, null) is null)
            _failed.SetResult(failure);
    }
}
