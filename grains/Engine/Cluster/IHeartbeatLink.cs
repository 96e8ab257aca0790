using Orleans.Runtime.Services;
using OrleansWork.Protocol;

namespace OrleansWork.Engine.Cluster;

/// <summary>Carries a heartbeat to another silo.</summary>
internal interface IHeartbeatLink
{
    /// <summary>Sends a heartbeat.</summary>
    Task<HeartbeatReply> BeatAsync(SiloAddress silo, Heartbeat heartbeat);

    /// <summary>Asks a silo whether another one refuses its connections.</summary>
    Task<bool> RefusesAsync(SiloAddress silo, SiloAddress suspect);

    /// <summary>Has the jobs that a silo coordinates, and that have quarantined another one, give that one a lease now.</summary>
    /// <returns>How many they are.</returns>
    Task<int> ProbeAsync(SiloAddress silo, SiloAddress quarantined);
}
