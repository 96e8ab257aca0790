using System.Collections.Immutable;
using Orleans.Concurrency;
using OrleansWork.Engine.Placement;
using OrleansWork.Engine.Security;
using OrleansWork.Protocol;

namespace OrleansWork.Engine.Execution;

/// <summary>A route to this silo's pool; its key pins it here.</summary>
/// <remarks>Reentrant, so that nothing waits in a mailbox; one local activation, so that one key is one route.</remarks>
[StatelessWorker(1, removeIdleWorkers: false), Reentrant, WorkerSiloFilter]
[GrainType("worker")]
internal sealed class WorkerGrain(ComputePool pool) : Grain, IWorkerGrain, IGuardedGrain
{
    private static readonly SiloLoad NoLoad = new(0, default, default, 0, 0, false, 0, 0, 0);

    /// <inheritdoc/>
    public ValueTask<ReportBatch> RunAsync(LeaseBatch batch) => pool.RunAsync(batch, mayRunHere: true);

    /// <inheritdoc/>
    public ValueTask ControlAsync(ControlRequest request)
    {
        pool.Control(request);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask<ImmutableArray<HeldLease>> AdoptAsync(AdoptRequest request) => new(pool.Adopt(request));

    /// <inheritdoc/>
    public ValueTask<bool> ClearAsync(ClearRequest request) => new(pool.Clear(request));

    /// <inheritdoc/>
    public ValueTask<ReportBatch> EchoAsync(LeaseBatch batch) =>
        new(new ReportBatch(batch.JobId, batch.Incarnation, pool.Silo, 0, NoLoad, []));

    /// <inheritdoc/>
    public ValueTask<SiloLoad> DrainAsync(bool drains)
    {
        if (drains)
            pool.Drain();
        else
            pool.Undrain();
        return new(pool.Load());
    }
}
