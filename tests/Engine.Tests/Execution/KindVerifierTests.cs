using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansWork.Engine.Execution;
using OrleansWork.Engine.Tests.Support;
using Xunit;

namespace OrleansWork.Engine.Tests.Execution;

public sealed class KindVerifierTests
{
    [Fact]
    public async Task Services_OfAKindsAssembly_ReachItsKindsAndEndWithTheSilo()
    {
        ServedOnce.All.Clear();
        await using (
            TestSilos silos = await TestSilos.StartAsync(
                1,
                jobs: jobs => jobs.AddJob<ServedKind>(),
                host: silo => silo.Configuration["Served:Greeting"] = "hello"
            )
        )
        {
            JobHandle job = await silos.Client.SubmitAsync("served", "{}"u8.ToArray(), cancellationToken: TestSilos.Ceiling);
            string result = Encoding.UTF8.GetString((await job.ResultAsync(TestSilos.Ceiling)).Content);
            Assert.Equal("\"once hello True True;\"", result);
            await silos.UntilAsync(() => Task.FromResult(ServedPerJob.Open <= 1), "only the silo's own instance is left");
            Assert.False(Assert.Single(ServedOnce.All.Distinct()).IsDisposed);
            await silos.Cluster.StopAllSilosAsync();
            Assert.Equal(0, ServedPerJob.Open);
        }

        Assert.True(Assert.Single(ServedOnce.All.Distinct()).IsDisposed);
    }

    [Fact]
    public async Task Start_KindThatCannotBeMade_IsRefusedByTheHost()
    {
        HostApplicationBuilder builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.UseOrleans(silo =>
        {
            silo.UseLocalhostClustering();
            silo.AddMemoryGrainStorage("jobs");
            silo.AddOrleansWork().AddJob<UnservedKind>();
        });
        using IHost host = builder.Build();
        JobKindDefinitionException refused = await Assert.ThrowsAsync<JobKindDefinitionException>(() => host.StartAsync(TestSilos.Ceiling));
        Assert.Contains(
            "Job kind unserved (OrleansWork.Engine.Tests.Support.UnservedKind) needs a service Bench for parameter bench of its constructor",
            refused.Message,
            StringComparison.Ordinal
        );
        Assert.Equal(typeof(UnservedKind), refused.Class);
    }

    [Fact]
    public async Task Verify_ConstructorThatDoesNotEnd_IsRefusedAtTheCeiling()
    {
        try
        {
            await ExpectAsync<EndlessConstructorKind>(
                TimeSpan.FromMilliseconds(50),
                "was not made within 50ms. What takes its time belongs into PrepareAsync"
            );
        }
        finally
        {
            EndlessConstructorKind.Gate.Set();
        }
    }

    [Fact]
    public Task Verify_KindThatCannotBeEnded_IsRefusedWithTheCause() =>
        ExpectAsync<ThrowsAtItsEndKind>(
            TimeSpan.FromMinutes(1),
            "can be made, and not be ended again. Constructor: not closed ---> System.IO.IOException: no disk"
        );

    private static async Task ExpectAsync<TKind>(TimeSpan ceiling, string words)
        where TKind : JobKind
    {
        await using ServiceProvider host = new ServiceCollection().AddLogging().BuildServiceProvider();
        await using JobKindRegistry kinds = new([JobKindDescriptor.FromType(typeof(TKind))], host, Options.Create(new EngineOptions()));
        using UserCode userCode = new(new EngineOptions());
        JobKindDefinitionException refused = await Assert.ThrowsAsync<JobKindDefinitionException>(() =>
            kinds.VerifyAsync(userCode, ceiling)
        );
        Assert.Contains(words, refused.Message, StringComparison.Ordinal);
        Assert.Equal(typeof(TKind), refused.Class);
    }
}
