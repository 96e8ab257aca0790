using Microsoft.Extensions.Options;
using Orleans.Configuration;

namespace OrleansWork.Silo.Clustering;

/// <summary>Lets one silo at a time write itself into the membership table.</summary>
/// <remarks>
/// Silos that are started or stopped together write at the same moment, and of two that do, Orleans has one try again after up to four seconds. A turn
/// is a lock in Redis that ends by itself; whoever does not get it in time writes all the same, for a conflict costs time and nothing else.
/// </remarks>
internal sealed class MembershipTurn(RedisConnection redis, IOptions<ClusterOptions> cluster, TimeProvider time)
    : ILifecycleParticipant<ISiloLifecycle>
{
    // Where Orleans' membership agent writes: when a silo joins, becomes active or shuts down, and as dead.
    private const int Joins = ServiceLifecycleStage.AfterRuntimeGrainServices;
    private const int IsActive = ServiceLifecycleStage.BecomeActive;
    private const int IsDead = ServiceLifecycleStage.RuntimeInitialize + 1;

    // A first write, just compiled, takes a third of a second.
    private static readonly TimeSpan Length = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan PatienceToStart = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan PatienceToStop = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan PollPeriod = TimeSpan.FromMilliseconds(10);
    private readonly string _key = $"{cluster.Value.ServiceId}/membership-turn/{cluster.Value.ClusterId}";
    private readonly string _owner = Guid.NewGuid().ToString("N");
    private bool _has;

    /// <inheritdoc/>
    public void Participate(ISiloLifecycle observer)
    {
        Subscribe(Joins - 1, start: () => TakeAsync(PatienceToStart));
        Subscribe(Joins + 1, start: EndAsync);
        Subscribe(IsActive - 1, start: () => TakeAsync(PatienceToStart), stop: EndAsync);
        Subscribe(IsActive + 1, start: EndAsync, stop: () => TakeAsync(PatienceToStop));
        Subscribe(IsDead + 1, stop: () => TakeAsync(PatienceToStop));
        Subscribe(IsDead - 1, stop: EndAsync);

        void Subscribe(int stage, Func<Task>? start = null, Func<Task>? stop = null) =>
            observer.Subscribe(
                nameof(MembershipTurn),
                stage,
                _ => start?.Invoke() ?? Task.CompletedTask,
                _ => stop?.Invoke() ?? Task.CompletedTask
            );
    }

    private async Task TakeAsync(TimeSpan patience)
    {
        for (long began = time.GetTimestamp(); time.GetElapsedTime(began) < patience; )
        {
            bool? taken = await redis.TryLockAsync(_key, _owner, Length);
            _has = taken is true;
            if (taken is not false)
                return;
            await Task.Delay(PollPeriod, time);
        }
    }

    private async Task EndAsync()
    {
        if (!_has)
            return;
        _has = false;
        await redis.UnlockAsync(_key, _owner);
    }
}
