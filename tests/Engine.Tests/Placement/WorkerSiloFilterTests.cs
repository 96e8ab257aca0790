using Orleans.Runtime.Placement;
using OrleansWork.Engine.Placement;
using OrleansWork.Engine.Tests.Cluster;
using OrleansWork.Protocol;
using Xunit;

namespace OrleansWork.Engine.Tests.Placement;

public sealed class WorkerSiloFilterTests
{
    private static readonly SiloAddress[] Silos = [LoadTableTests.Silo(1), LoadTableTests.Silo(2), LoadTableTests.Silo(3)];

    [Fact]
    public void Filter_KeyOfASilo_LeavesThatSilo() => Assert.Equal([Silos[1]], Filter(Keys.Worker(Silos[1], 3)));

    [Theory]
    [InlineData("/1")]
    [InlineData("nonsense")]
    [InlineData("nonsense/1")]
    [InlineData("127.0.0.1:2@99/0")]
    public void Filter_KeyOfNoSiloHere_LeavesNone(string key) => Assert.Empty(Filter(key));

    private static IEnumerable<SiloAddress> Filter(string key) =>
        new WorkerSiloFilter().Filter(
            new WorkerSiloFilterStrategy(),
            new PlacementTarget(GrainId.Create("worker", key), [], default, 0),
            Silos
        );
}
