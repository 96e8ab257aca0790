using OrleansWork.Engine.Cluster;
using OrleansWork.Engine.Telemetry;
using OrleansWork.Scheduling.Placement;

namespace OrleansWork.Engine.Placement;

internal sealed class LeastLoadedDirector(LoadTable table, TimeProvider time, SiloInstruments instruments, ILocalSiloDetails local)
    : PolicyDirector(PolicyKind.LeastLoaded, table, time, instruments, local);
