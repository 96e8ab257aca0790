using System.Text;
using Orleans.TestingHost;
using OrleansWork.Engine.Tests.Support;
using Xunit;

namespace OrleansWork.Engine.Tests.Coordination;

/// <summary>Silos come and go while a job runs: each test adds one and stops another, so that three stay.</summary>
public sealed class MembershipChangeTests(MembershipChangeTests.Cluster cluster) : IClassFixture<MembershipChangeTests.Cluster>
{
    private readonly TestSilos _silos = cluster.Silos;

    [Theory]
    [InlineData(ExecutionMode.Pooled, PlacementPolicy.Adaptive, "synthetic", false)]
    [InlineData(ExecutionMode.Pooled, PlacementPolicy.RoundRobin, "wait", true)]
    [InlineData(ExecutionMode.Pooled, PlacementPolicy.LeastLoaded, "squares", true)]
    [InlineData(ExecutionMode.Spawned, PlacementPolicy.Random, "synthetic", true)]
    [InlineData(ExecutionMode.Spawned, PlacementPolicy.LeastLoaded, "squares", false)]
    public async Task SiloAddedAndOneStoppedInMidJob_NewOneWorksAndEveryUnitCountsOnce(
        ExecutionMode execution,
        PlacementPolicy placement,
        string kind,
        bool stopCoordinator
    )
    {
        const int Units = 2_000;
        string input = kind switch
        {
            "synthetic" => """{"units":2000,"microseconds":8000,"mode":"sleep"}""",
            // 16 permits a slot, two slots, three silos: as long as the others.
            "wait" => """{"units":2000,"microseconds":120000}""",
            _ => """{"bench":"membership","items":2000,"microseconds":8000}""",
        };
        JobOptions options = new() { Placement = placement, Execution = execution };
        JobHandle job = await _silos.Client.SubmitAsync(kind, Encoding.UTF8.GetBytes(input), options, cancellationToken: TestSilos.Ceiling);
        await _silos.UntilAsync(async () => (await job.GetStatusAsync()).Units.Done > 50, "the job runs");

        InProcessSiloHandle[] before = [.. _silos.Cluster.Silos];
        InProcessSiloHandle added = await _silos.Cluster.StartAdditionalSiloAsync();
        string newcomer = added.SiloAddress.ToParsableString();
        JobDetails details = await job.GetDetailsAsync(TestSilos.Ceiling);
        await _silos.UntilAsync(
            async () =>
            {
                details = await job.GetDetailsAsync(TestSilos.Ceiling);
                Assert.False(details.IsTerminal, $"The job ended before the new silo had any of it: {string.Join(", ", details.Silos)}");
                return details.Silos.Any(share => share.Silo == newcomer && share.Units > 0);
            },
            "the new silo has run units"
        );
        InProcessSiloHandle leaving = before.First(silo => silo.SiloAddress.ToParsableString() == details.Coordinator == stopCoordinator);
        await _silos.Cluster.StopSiloAsync(leaving);

        JobResult result = await job.ResultAsync(TestSilos.Ceiling);
        if (kind == "squares")
        {
            long next = 0;
            await foreach (UnitResult unit in job.UnitResultsAsync(inOrder: true, TestSilos.Ceiling))
                Assert.Equal(next++, unit.Unit);
            Assert.Equal(Units, next);
        }
        else
        {
            Assert.Equal("""{"units":2000,"checksum":1999000}""", Encoding.UTF8.GetString(result.Content));
        }

        Assert.Equal((Units, 0), (result.Status.Units.Done, result.Status.Units.Failed));
        Assert.Empty(result.Status.Failures);
        Assert.Equal(Units, (await job.GetDetailsAsync(TestSilos.Ceiling)).Silos.Sum(share => share.Units));
    }

    public sealed class Cluster : IAsyncLifetime
    {
        internal TestSilos Silos { get; private set; } = null!;

        public async ValueTask InitializeAsync() => Silos = await TestSilos.StartAsync(3, jobs: jobs => jobs.AddJob<SquaresKind>());

        public ValueTask DisposeAsync() => Silos.DisposeAsync();
    }
}
