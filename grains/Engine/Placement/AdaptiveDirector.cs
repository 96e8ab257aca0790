using OrleansWork.Engine.Cluster;
using OrleansWork.Engine.Telemetry;
using OrleansWork.Scheduling.Placement;

namespace OrleansWork.Engine.Placement;

internal sealed class AdaptiveDirector(LoadTable table, TimeProvider time, SiloInstruments instruments, ILocalSiloDetails local)
    : PolicyDirector(PolicyKind.Adaptive, table, time, instruments, local);
