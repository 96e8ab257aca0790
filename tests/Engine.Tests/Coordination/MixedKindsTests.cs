using Microsoft.Extensions.DependencyInjection;
using OrleansWork.Engine.Tests.Support;
using Xunit;

namespace OrleansWork.Engine.Tests.Coordination;

public sealed class MixedKindsTests
{
    [Fact]
    public async Task KindOnOneSiloOnly_JobsSubmittedAnywhere_RunThere()
    {
        int started = 0;
        await using TestSilos silos = await TestSilos.StartAsync(
            3,
            jobs: jobs =>
            {
                if (Interlocked.Increment(ref started) == 2)
                    jobs.AddJob<FailingKind>();
            }
        );
        JobHandle[] jobs = await Task.WhenAll(
            Enumerable
                .Range(0, 12)
                .Select(i =>
                    silos.Client.SubmitAsync(
                        "failing",
                        System.Text.Encoding.UTF8.GetBytes($$"""{"bench":"mixed-{{i}}","failTimes":0}"""),
                        cancellationToken: TestSilos.Ceiling
                    )
                )
        );
        foreach (JobHandle job in jobs)
        {
            JobResult result = await job.ResultAsync(TestSilos.Ceiling);
            Assert.Equal("45", System.Text.Encoding.UTF8.GetString(result.Content));
            Assert.Single(result.Status.Silos);
        }
    }
}
