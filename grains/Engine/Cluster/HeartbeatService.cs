using Microsoft.Extensions.Logging;
using Orleans.Runtime.Services;
using OrleansWork.Engine.Execution;
using OrleansWork.Engine.Security;
using OrleansWork.Protocol;

namespace OrleansWork.Engine.Cluster;

/// <summary>Hears the heartbeats of other silos.</summary>
internal sealed class HeartbeatService(GrainId grainId, Silo silo, ILoggerFactory loggers, LoadTable table, CrashDetector crashes)
    : GrainService(grainId, silo, loggers),
        IHeartbeatService,
        IGuardedGrain
{
    /// <inheritdoc/>
    public Task<HeartbeatReply> BeatAsync(Heartbeat heartbeat) => Task.FromResult(table.Beat(heartbeat));

    /// <inheritdoc/>
    public Task<int> ProbeAsync(SiloAddress silo) => Task.FromResult(table.Probe(silo));

    /// <inheritdoc/>
    public Task<bool> RefusesAsync(SiloAddress suspect) => crashes.RefusesAsync(suspect);
}
