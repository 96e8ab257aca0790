using Orleans.Placement;
using Orleans.Runtime.Placement;
using OrleansWork.Protocol;

namespace OrleansWork.Engine.Placement;

/// <summary>Leaves a worker only the silo that its key names.</summary>
/// <remarks>A worker is placed once per calling silo and key and then found in the cache, so this costs nothing per lease.</remarks>
[GenerateSerializer, Alias("ow.WorkerSiloFilterStrategy")]
internal sealed class WorkerSiloFilterStrategy() : PlacementFilterStrategy(order: 1);

/// <summary>Pins a grain to the silo that its key names.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class WorkerSiloFilterAttribute() : PlacementFilterAttribute(new WorkerSiloFilterStrategy());

internal sealed class WorkerSiloFilter : IPlacementFilterDirector
{
    /// <inheritdoc/>
    public IEnumerable<SiloAddress> Filter(
        PlacementFilterStrategy filterStrategy,
        PlacementTarget target,
        IEnumerable<SiloAddress> silos
    ) =>
        Keys.TryReadWorkerSilo(target.GrainIdentity.Key.ToString() ?? "", out SiloAddress? silo)
            ? silos.Where(candidate => candidate.Equals(silo))
            : [];
}
