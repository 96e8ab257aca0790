using System.Text;
using Microsoft.Extensions.DependencyInjection;
using OrleansWork.Engine.Execution;
using OrleansWork.Engine.Tests.Support;
using Xunit;

namespace OrleansWork.Engine.Tests.Coordination;

public sealed class BlockedJobsTests
{
    [Theory]
    [InlineData("result", 300)]
    [InlineData("sleep", 120)]
    [InlineData("detached", 300)]
    public async Task AsyncUnitsThatBlock_End_AndAskRarelyInVain(string how, long units)
    {
        await using TestSilos silos = await TestSilos.StartAsync(2, jobs: jobs => jobs.AddJob<OldLibraryKind>());
        JobHandle job = await Submit(silos, "old-library", $$"""{"how":"{{how}}","units":{{units}}}""");
        JobResult result = await job.ResultAsync(TestSilos.Ceiling);
        Assert.Equal($"{units}", Encoding.UTF8.GetString(result.Content));
        await AssertRarelyInVain(silos, job);
    }

    [Theory]
    [InlineData(
        "synthetic",
        """{"units":8,"microseconds":1200000,"mode":"sleep"}""",
        "synthetic",
        """{"units":24,"microseconds":200000,"mode":"sleep"}"""
    )]
    [InlineData("wait", """{"units":150,"microseconds":1200000}""", "wait", """{"units":300,"microseconds":200000}""")]
    [InlineData("old-library", """{"how":"sleep","units":100}""", "synthetic", """{"units":8,"microseconds":1200000,"mode":"sleep"}""")]
    public async Task TwoJobs_OnOneCluster_AskRarelyInVain(string firstKind, string first, string secondKind, string second)
    {
        await using TestSilos silos = await TestSilos.StartAsync(2, jobs: jobs => jobs.AddJob<OldLibraryKind>());
        JobHandle[] jobs = [await Submit(silos, firstKind, first), await Submit(silos, secondKind, second)];
        foreach (JobHandle job in jobs)
            await job.ResultAsync(TestSilos.Ceiling);
        await AssertRarelyInVain(silos, jobs);
    }

    [Fact]
    public async Task Cancel_JobOfUnitsThatIgnoreIt_CostsNoSilo()
    {
        await using TestSilos silos = await TestSilos.StartAsync(
            2,
            options =>
                options.Engine(engine =>
                {
                    engine.SlotLostAfter = TimeSpan.FromMilliseconds(200);
                    engine.MaxLostSlots = 1;
                }),
            jobs => jobs.AddJob<OldLibraryKind>()
        );
        JobHandle job = await Submit(silos, "old-library", """{"how":"ignores","units":500}""");
        ComputePool[] pools = [.. silos.Cluster.Silos.Select(silo => silo.ServiceProvider.GetRequiredService<ComputePool>())];
        await silos.UntilAsync(() => Task.FromResult(pools.All(pool => pool.Load().Wait.Running == 32)), "all permits to be taken");
        await job.CancelAsync();

        // Those that had no thread yet end at once.
        await silos.UntilAsync(
            () => Task.FromResult(pools.All(pool => pool.Counters.LostSlots > 0 && pool.Load().Wait.Running == 0)),
            "them to be given up"
        );
        JobHandle next = await Submit(silos, "old-library", """{"how":"result","units":100}""");
        Assert.Equal("100", Encoding.UTF8.GetString((await next.ResultAsync(TestSilos.Ceiling)).Content));
        Assert.All(silos.Cluster.Silos, silo => Assert.Null(silo.ServiceProvider.GetRequiredService<SiloHealth>().Failure));
        Assert.All(await silos.Client.ListSilosAsync(), silo => Assert.Equal("active", silo.State));
    }

    private static Task<JobHandle> Submit(TestSilos silos, string kind, string input) =>
        silos.Client.SubmitAsync(kind, Encoding.UTF8.GetBytes(input), cancellationToken: TestSilos.Ceiling);

    /// <summary>Leases granted, and those asked for in vain, beside the executions of units.</summary>
    private static async Task AssertRarelyInVain(TestSilos silos, params JobHandle[] jobs)
    {
        long attempts = 0;
        foreach (JobHandle job in jobs)
        {
            JobStatus status = await job.GetStatusAsync();
            Assert.InRange(status.Leases, 1, 1.5 * status.Attempts);
            attempts += status.Attempts;
        }

        long refused = silos.Cluster.Silos.Sum(silo => silo.ServiceProvider.GetRequiredService<ComputePool>().Counters.Refused);
        Assert.InRange(refused, 0, 0.5 * attempts);
    }
}

#pragma warning disable VSTHRD002, VSTHRD103, VSTHRD105, CA1849, RS0030, MA0042, MA0045 // What these units do is what others should not.

/// <summary>Asynchronous units that block their threads.</summary>
[JobKind("old-library")]
public sealed class OldLibraryKind : JobKind<OldLibraryKind.Input, long>
{
    public sealed record Input(string How, long Units);

    public override long CountUnits(Input input) => input.Units;

    public override async ValueTask<long> RunUnitAsync(Input input, long unit, UnitContext context)
    {
        await Task.Yield();
        switch (input.How)
        {
            case "result":
                return WaitAsync().Result;
            case "detached":
                await Task.Delay(1).ConfigureAwait(false);
                return WaitAsync().Result;
            case "sleep":
                Thread.Sleep(100);
                return 1;
            default:
                // For longer than the test, and not for ever: the threads are the test runner's.
                Thread.Sleep(TimeSpan.FromSeconds(20));
                return 1;
        }
    }

    public override long Combine(long left, long right) => left + right;

    private static async Task<long> WaitAsync()
    {
        await Task.Delay(5);
        return 1;
    }
}
