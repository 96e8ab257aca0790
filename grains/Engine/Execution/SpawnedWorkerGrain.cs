using Orleans.Placement;
using OrleansWork.Engine.Placement;
using OrleansWork.Engine.Security;
using OrleansWork.Engine.Telemetry;
using OrleansWork.Protocol;

namespace OrleansWork.Engine.Execution;

/// <summary>Runs one lease on the silo where Orleans activated it, by that silo's pool, and is gone.</summary>
/// <remarks>
/// A grain has one placement, and a job chooses among four: so there is a class for each, and this is all they do. Everything a lease needs,
/// admission, budget, detaching, reports, is the pool's, as for <see cref="WorkerGrain"/>.
/// </remarks>
internal abstract class SpawnedWorkerGrain(ComputePool pool) : Grain, ISpawnedWorkerGrain, IGuardedGrain
{
    protected ComputePool Pool => pool;

    /// <inheritdoc/>
    public async ValueTask<ReportBatch> RunAsync(LeaseBatch batch)
    {
        // The offer was for the placement; the pool's own calls have no use for it.
        RequestContext.Remove(OfferedSilosFilter.OfferKey);
        try
        {
            return await pool.RunAsync(batch, mayRunHere: false);
        }
        finally
        {
            DeactivateOnIdle();
        }
    }
}

/// <summary>A spawned worker placed by Orleans' own director.</summary>
[GrainType(SpawnedWorkerTypes.Random), RandomPlacement, OfferedSilosFilter]
internal sealed class RandomSpawnedWorkerGrain(ComputePool pool, SiloInstruments instruments) : SpawnedWorkerGrain(pool)
{
    /// <inheritdoc/>
    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        // The other policies' directors count for themselves.
        instruments.Decided("random", Pool.Silo.ToParsableString());
        return base.OnActivateAsync(cancellationToken);
    }
}

/// <summary>A spawned worker placed on one silo after the other.</summary>
[GrainType(SpawnedWorkerTypes.RoundRobin), RoundRobinPlacement, OfferedSilosFilter]
internal sealed class RoundRobinSpawnedWorkerGrain(ComputePool pool) : SpawnedWorkerGrain(pool);

/// <summary>A spawned worker placed where least is held per slot.</summary>
[GrainType(SpawnedWorkerTypes.LeastLoaded), LeastLoadedPlacement, OfferedSilosFilter]
internal sealed class LeastLoadedSpawnedWorkerGrain(ComputePool pool) : SpawnedWorkerGrain(pool);

/// <summary>A spawned worker placed where it is measured to be served soonest.</summary>
[GrainType(SpawnedWorkerTypes.Adaptive), AdaptivePlacement, OfferedSilosFilter]
internal sealed class AdaptiveSpawnedWorkerGrain(ComputePool pool) : SpawnedWorkerGrain(pool);
