using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansWork.Engine.Cluster;
using OrleansWork.Engine.Tests.Execution;

namespace OrleansWork.Engine.Tests.Cluster;

/// <summary>A crash detector on a membership and ports that the test decides about.</summary>
internal sealed class CrashWatch : IClusterMembershipService, ILocalSiloDetails
{
    private ImmutableDictionary<SiloAddress, ClusterMember> _members = ImmutableDictionary<SiloAddress, ClusterMember>.Empty;

    public CrashWatch(IPortProbe ports, IHeartbeatLink link, TimeProvider? time = null)
    {
        Set(PoolHarness.Self, Orleans.Runtime.SiloStatus.Active);
        Detector = new CrashDetector(ports, link, this, this, time ?? TimeProvider.System, NullLogger<CrashDetector>.Instance);
    }

    public CrashDetector Detector { get; }

    /// <summary>Gets the silos that were declared dead, in order.</summary>
    public ConcurrentQueue<SiloAddress> Killed { get; } = new();

    public ClusterMembershipSnapshot CurrentSnapshot => new(_members, new MembershipVersion(1));

    public IAsyncEnumerable<ClusterMembershipSnapshot> MembershipUpdates => throw new NotSupportedException();

    public string Name => "self";

    public string ClusterId => "test";

    public string DnsHostName => "localhost";

    public SiloAddress SiloAddress => PoolHarness.Self;

    public SiloAddress GatewayAddress => PoolHarness.Self;

    public void Set(SiloAddress silo, Orleans.Runtime.SiloStatus status) =>
        _members = _members.SetItem(silo, new ClusterMember(silo, status, silo.ToString()));

    public ValueTask Refresh(MembershipVersion minimumVersion = default, CancellationToken cancellationToken = default) => default;

    public Task<bool> TryKill(SiloAddress siloAddress)
    {
        Killed.Enqueue(siloAddress);
        Set(siloAddress, Orleans.Runtime.SiloStatus.Dead);
        return Task.FromResult(true);
    }
}

/// <summary>Ports that accept unless the test says otherwise.</summary>
internal sealed class FakePorts : IPortProbe
{
    public ConcurrentDictionary<IPEndPoint, PortAnswer> Answers { get; } = new();

    public ConcurrentQueue<IPEndPoint> Asked { get; } = new();

    public Func<IPEndPoint, Task> Before { get; set; } = _ => Task.CompletedTask;

    public async Task<PortAnswer> AskAsync(IPEndPoint endPoint, CancellationToken cancellationToken)
    {
        Asked.Enqueue(endPoint);
        await Before(endPoint);
        return Answers.GetValueOrDefault(endPoint, PortAnswer.Accepted);
    }
}
