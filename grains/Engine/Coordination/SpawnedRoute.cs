using Orleans.Runtime.Placement;
using OrleansWork.Engine.Execution;
using OrleansWork.Engine.Placement;
using OrleansWork.Protocol;
using OrleansWork.Scheduling.Placement;

namespace OrleansWork.Engine.Coordination;

/// <summary>The way of one lease to a worker of its own, on one of the silos offered: Orleans chooses which, by the placement of the worker's class.</summary>
internal sealed class SpawnedRoute(
    PolicyKind policy,
    SiloAddress[] offered,
    SiloProfile? profile,
    int roundTripMicros,
    IGrainFactory grains
) : ILeaseRoute
{
    /// <inheritdoc/>
    public string Name => "";

    /// <inheritdoc/>
    public int RoundTripMicros { get; } = roundTripMicros;

    /// <inheritdoc/>
    public SiloProfile? Profile { get; } = profile;

    /// <inheritdoc/>
    public async ValueTask<ReportBatch> RunAsync(LeaseBatch batch)
    {
        // Whoever called the coordinator may have left a hint for grains of his own. In an async method this stays inside.
        RequestContext.Remove(IPlacementDirector.PlacementHintKey);
        RequestContext.Set(OfferedSilosFilter.OfferKey, offered);
        string key = Keys.SpawnedWorker(batch.JobId, batch.Incarnation, batch.Epoch, batch.Leases[0].Number);
        ISpawnedWorkerGrain worker = grains.GetGrain<ISpawnedWorkerGrain>(
            GrainId.Create(SpawnedWorkerTypes.Of(policy), IdSpan.Create(key))
        );
        return await worker.RunAsync(batch);
    }
}
