using OrleansWork.Engine.Cluster;
using OrleansWork.Engine.Telemetry;
using OrleansWork.Scheduling.Placement;

namespace OrleansWork.Engine.Placement;

internal sealed class RoundRobinDirector(LoadTable table, TimeProvider time, SiloInstruments instruments, ILocalSiloDetails local)
    : PolicyDirector(PolicyKind.RoundRobin, table, time, instruments, local);
