using Orleans.Placement;
using Orleans.Runtime.Placement;

namespace OrleansWork.Engine.Placement;

/// <summary>Leaves a spawned worker the silos that the coordinator offers with the lease.</summary>
[GenerateSerializer, Alias("ow.OfferedSilosFilterStrategy")]
internal sealed class OfferedSilosFilterStrategy() : PlacementFilterStrategy(order: 1);

/// <summary>Limits a grain to the silos that its caller offers.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class OfferedSilosFilterAttribute() : PlacementFilterAttribute(new OfferedSilosFilterStrategy());

/// <summary>Leaves the silos that the caller's request context offers, or all when it offers none.</summary>
/// <remarks>The offer travels with the call and not by a table of this silo: a silo that is going forwards calls and places them anew.</remarks>
internal sealed class OfferedSilosFilter : IPlacementFilterDirector
{
    /// <summary>The key of the offer, a <see cref="SiloAddress"/> array, in the request context.</summary>
    public const string OfferKey = "ow.offer";

    /// <inheritdoc/>
    public IEnumerable<SiloAddress> Filter(
        PlacementFilterStrategy filterStrategy,
        PlacementTarget target,
        IEnumerable<SiloAddress> silos
    ) =>
        target.RequestContextData?.TryGetValue(OfferKey, out object? value) == true && value is SiloAddress[] offered
            ? silos.Where(offered.Contains)
            : silos;
}
