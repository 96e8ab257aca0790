using System.Collections.Concurrent;
using System.Collections.Immutable;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Runtime.Services;
using OrleansWork.Engine.Execution;
using OrleansWork.Engine.Security;
using OrleansWork.Protocol;

namespace OrleansWork.Engine.Cluster;

/// <summary>Carries a heartbeat to another silo.</summary>
internal interface IHeartbeatLink
{
    /// <summary>Sends a heartbeat.</summary>
    Task<HeartbeatReply> BeatAsync(SiloAddress silo, Heartbeat heartbeat);

    /// <summary>Asks a silo whether another one refuses its connections.</summary>
    Task<bool> RefusesAsync(SiloAddress silo, SiloAddress suspect);
}
