using Orleans.Placement;

namespace OrleansWork;

/// <summary>Places grains on one silo after the other.</summary>
[GenerateSerializer, Immutable, Alias("ow.RoundRobinPlacement")]
public sealed class RoundRobinPlacement : PlacementStrategy;

/// <summary>Places grains on one silo after the other; usable on any grain of a silo with OrleansWork.</summary>
/// <remarks>Every silo that places grains goes round by itself, in the order of addresses. A silo that admits no further lease is passed over while another does.</remarks>
[AttributeUsage(AttributeTargets.Class)]
public sealed class RoundRobinPlacementAttribute() : PlacementAttribute(new RoundRobinPlacement());
