using Orleans.Placement;

namespace OrleansWork;

/// <summary>Places a grain on the silo that is measured to serve it soonest.</summary>
[GenerateSerializer, Immutable, Alias("ow.AdaptivePlacement")]
public sealed class AdaptivePlacement : PlacementStrategy;

/// <summary>Places a grain on the silo that is measured to serve it soonest at its present load; usable on any grain of a silo with OrleansWork.</summary>
/// <remarks>
/// What is measured is how long the units of jobs take there; a silo without recent units counts as an average one. One placement in ten
/// explores. A silo that admits no further lease gets none while another does.
/// </remarks>
[AttributeUsage(AttributeTargets.Class)]
public sealed class AdaptivePlacementAttribute() : PlacementAttribute(new AdaptivePlacement());
