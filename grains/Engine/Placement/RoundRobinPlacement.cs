using Orleans.Placement;
using OrleansWork.Engine.Cluster;
using OrleansWork.Engine.Telemetry;
using OrleansWork.Scheduling.Placement;

namespace OrleansWork.Engine.Placement;

/// <summary>Places grains on one silo after the other.</summary>
[GenerateSerializer, Immutable, Alias("ow.RoundRobinPlacement")]
public sealed class RoundRobinPlacement : PlacementStrategy;

/// <summary>Places grains on one silo after the other; usable on any grain of a silo with OrleansWork.</summary>
/// <remarks>Every silo that places grains goes round by itself, in the order of addresses. A silo that admits no further lease is passed over while another does.</remarks>
[AttributeUsage(AttributeTargets.Class)]
public sealed class RoundRobinPlacementAttribute() : PlacementAttribute(new RoundRobinPlacement());

internal sealed class RoundRobinDirector(LoadTable table, TimeProvider time, SiloInstruments instruments, ILocalSiloDetails local)
    : PolicyDirector(PolicyKind.RoundRobin, table, time, instruments, local);
