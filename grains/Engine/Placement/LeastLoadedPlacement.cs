using Orleans.Placement;

namespace OrleansWork;

/// <summary>Places a grain on the silo with the fewest leases and coordinators per slot.</summary>
[GenerateSerializer, Immutable, Alias("ow.LeastLoadedPlacement")]
public sealed class LeastLoadedPlacement : PlacementStrategy;

/// <summary>Places a grain on the silo with the fewest leases and coordinators per slot; usable on any grain of a silo with OrleansWork.</summary>
/// <remarks>A silo that admits no further lease gets none while another does. Above 16 silos two are sampled and compared.</remarks>
[AttributeUsage(AttributeTargets.Class)]
public sealed class LeastLoadedPlacementAttribute() : PlacementAttribute(new LeastLoadedPlacement());
