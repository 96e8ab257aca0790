using System.Collections.Immutable;
using System.Net;
using OrleansWork.Engine.Catalog;
using OrleansWork.Scheduling.Failures;
using Xunit;
using Status = Orleans.Runtime.SiloStatus;

namespace OrleansWork.Engine.Tests.Catalog;

public sealed class LossWatchTests
{
    private static readonly SiloAddress A = SiloAddress.New(new IPEndPoint(IPAddress.Loopback, 1), 1);
    private static readonly SiloAddress B = SiloAddress.New(new IPEndPoint(IPAddress.Loopback, 2), 1);
    private readonly LossWatch<SiloAddress> _watch = new();

    [Theory]
    [InlineData(Status.Joining, Status.Active, false)]
    [InlineData(Status.Active, Status.Active, false)]
    [InlineData(Status.Active, Status.Dead, true)]
    [InlineData(Status.Active, Status.ShuttingDown, true)]
    [InlineData(Status.ShuttingDown, Status.Stopping, false)]
    [InlineData(Status.ShuttingDown, Status.Dead, true)]
    [InlineData(Status.Stopping, Status.Dead, true)]
    [InlineData(Status.Dead, Status.Dead, false)]
    public void Look_ASiloChanges_SaysWhetherItMayHaveLeftCoordinators(Status before, Status after, bool lost)
    {
        Look(before);
        Assert.Equal(lost, Look(after));
        Assert.False(Look(after));
    }

    [Fact]
    public void Look_TheRowOfASiloThatWasStoppingIsGone_IsALoss()
    {
        Look(Status.ShuttingDown);
        Assert.True(Look(null));
    }

    private bool Look(Status? status)
    {
        ImmutableDictionary<SiloAddress, ClusterMember> members = ImmutableDictionary<SiloAddress, ClusterMember>.Empty.Add(
            A,
            new ClusterMember(A, Status.Active, "a")
        );
        if (status is { } known)
            members = members.Add(B, new ClusterMember(B, known, "b"));
        return _watch.Look(CatalogScanner.Alive(new ClusterMembershipSnapshot(members, new MembershipVersion(1))));
    }
}
