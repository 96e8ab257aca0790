using Microsoft.Extensions.Options;
using OrleansWork.Engine.Cluster;
using OrleansWork.Engine.Execution;

namespace OrleansWork.Engine.Hosting;

/// <summary>Starts the pool before grains are active, and drains it before they are stopped.</summary>
internal sealed class ExecutionLifecycle(ComputePool pool, HeartbeatSender heartbeats, SiloHealth health, IOptions<EngineOptions> options)
    : ILifecycleParticipant<ISiloLifecycle>
{
    private readonly CancellationTokenSource _stopping = new();
    private Task _beating = Task.CompletedTask;

    /// <inheritdoc/>
    public void Participate(ISiloLifecycle observer)
    {
        observer.Subscribe(
            "OrleansWork.Pool",
            ServiceLifecycleStage.RuntimeGrainServices,
            _ =>
            {
                pool.SlotsLost += lost =>
                {
                    pool.Drain();
                    health.Fail(
                        new SiloFailure(
                            SiloFailureCause.SlotsLost,
                            $"{lost} slots are lost to units that ignore their cancellation, more than MaxLostSlots = {options.Value.EffectiveMaxLostSlots}"
                        )
                    );
                };
                pool.Start();
                return Task.CompletedTask;
            },
            async _ => await pool.DisposeAsync()
        );
        observer.Subscribe(
            "OrleansWork.Heartbeats",
            ServiceLifecycleStage.Active,
            _ =>
            {
                _beating = Task.Run(() => heartbeats.RunAsync(_stopping.Token), CancellationToken.None);
                return Task.CompletedTask;
            },
            async cancellationToken =>
            {
                pool.Drain();
                _ = heartbeats.BeatAsync();
                await pool.DrainAsync(cancellationToken);
                await _stopping.CancelAsync();
                await _beating;
            }
        );
    }
}
