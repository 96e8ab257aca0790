using Microsoft.Extensions.DependencyInjection;
using Orleans.Runtime.Services;
using OrleansWork.Protocol;

namespace OrleansWork.Engine.Cluster;

/// <summary>Carries heartbeats as Orleans system messages, which pass busy grains by.</summary>
internal sealed class HeartbeatClient(IServiceProvider services) : GrainServiceClient<IHeartbeatService>(services), IHeartbeatLink
{
    /// <inheritdoc/>
    public Task<HeartbeatReply> BeatAsync(SiloAddress silo, Heartbeat heartbeat) => GetGrainService(silo).BeatAsync(heartbeat);

    /// <inheritdoc/>
    public Task<bool> RefusesAsync(SiloAddress silo, SiloAddress suspect) => GetGrainService(silo).RefusesAsync(suspect);

    /// <inheritdoc/>
    public Task<int> ProbeAsync(SiloAddress silo, SiloAddress quarantined) => GetGrainService(silo).ProbeAsync(quarantined);
}
