using System.Text;
using Microsoft.Extensions.DependencyInjection;
using OrleansWork.Engine.Execution;
using OrleansWork.Engine.Tests.Support;
using Xunit;

namespace OrleansWork.Engine.Tests.Coordination;

public sealed class FairnessTests
{
    [Fact]
    public async Task FiveHundredJobsAtOnce_AllEnd_AndNoPoolEverExceedsItsCap()
    {
        await using TestSilos silos = await TestSilos.StartAsync(3);
        JobHandle[] jobs = await Task.WhenAll(
            Enumerable
                .Range(0, 500)
                .Select(i =>
                    silos.Client.SubmitAsync(
                        "synthetic",
                        Encoding.UTF8.GetBytes($$"""{"units":4,"microseconds":500,"seed":{{i + 1}}}"""),
                        cancellationToken: TestSilos.Ceiling
                    )
                )
        );
        foreach (JobHandle job in jobs)
            Assert.Equal("""{"units":4,"checksum":6}""", Encoding.UTF8.GetString((await job.ResultAsync(TestSilos.Ceiling)).Content));

        foreach (Orleans.TestingHost.InProcessSiloHandle silo in silos.Cluster.Silos)
        {
            PoolCounters counters = silo.ServiceProvider.GetRequiredService<ComputePool>().Counters;
            Assert.InRange(counters.PeakCompute, 1, counters.PeakComputeCap);
        }
    }

    [Fact]
    public async Task SmallJob_WhileAnotherFillsEverySilo_EndsLongBeforeIt()
    {
        await using TestSilos silos = await TestSilos.StartAsync(3);
        JobHandle large = await silos.Client.SubmitAsync(
            "synthetic",
            """{"units":3000,"microseconds":10000,"mode":"sleep"}"""u8.ToArray(),
            cancellationToken: TestSilos.Ceiling
        );
        await silos.UntilAsync(async () => (await large.GetStatusAsync()).Units.Done > 50, "the large job runs everywhere");
        JobHandle small = await silos.Client.SubmitAsync(
            "synthetic",
            """{"units":30,"microseconds":10000,"mode":"sleep"}"""u8.ToArray(),
            cancellationToken: TestSilos.Ceiling
        );
        await small.ResultAsync(TestSilos.Ceiling);
        JobStatus status = await large.GetStatusAsync();
        Assert.False(status.IsTerminal);
        Assert.InRange(status.Units.Done, 51, 2000);
        await large.CancelAsync();
    }
}
