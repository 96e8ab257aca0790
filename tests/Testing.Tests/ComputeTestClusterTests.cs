using System.Text;
using Microsoft.Extensions.DependencyInjection;
using OrleansWork.Jobs;

namespace OrleansWork.Testing.Tests;

/// <summary>A cluster in the test's own process does what one of processes does.</summary>
public sealed class ComputeTestClusterTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Start_OneKind_RunsItOnAllSilos_AndASiloMayBeKilled()
    {
        await using ComputeTestCluster cluster = await ComputeTestCluster.StartAsync<Wait>(silos: 3, Token);
        Assert.Equal([Wait.Kind.Name], (await cluster.Client.ListKindsAsync(Token)).Select(kind => kind.Kind));

        JobHandle<Synthetic.Result> job = await cluster.Client.SubmitAsync(
            Wait.Kind,
            new Wait.Input(Units: 400, Microseconds: 20_000),
            cancellationToken: Token
        );
        await foreach (JobStatus status in job.WatchAsync(Token))
        {
            if (status.Units.Done > 0 && status.Silos.Count == 3)
                break;
        }

        await cluster.Silos.KillSiloAsync(cluster.Silos.Silos[1]);
        Assert.Equal(new Synthetic.Result(400, 400 * 399 / 2), await job.ResultAsync(Token));
    }

    [Fact]
    public async Task Start_WithServicesAndOptions_HasThem()
    {
        await using ComputeTestCluster cluster = await ComputeTestCluster.StartAsync(
            kinds => kinds.AddJob<Greet>(),
            silos: 1,
            options => options.Engine(engine => engine.Slots = 1),
            silo => silo.Services.AddSingleton(new Greeting("Good day")),
            Token
        );
        JobHandle job = await cluster.Client.SubmitAsync("greet", "{}"u8.ToArray(), cancellationToken: Token);
        Assert.Equal("\"Good day\"", Encoding.UTF8.GetString((await job.ResultAsync(Token)).Content));
        Assert.Equal(1, Assert.Single(await cluster.Client.ListSilosAsync(Token)).Slots);
    }

    [Fact]
    public async Task Start_AKindThatCannotBeMade_SaysWhy()
    {
        JobKindDefinitionException refused = await Assert.ThrowsAsync<JobKindDefinitionException>(() =>
            ComputeTestCluster.StartAsync<Greet>(silos: 1, Token)
        );
        Assert.Contains(nameof(Greeting), refused.Message, StringComparison.Ordinal);
    }

    public sealed record Greeting(string Words);

    [JobKind("greet")]
    public sealed class Greet(Greeting greeting) : JobKind<Greet.Input, string>
    {
        public sealed record Input;

        public override long CountUnits(Input input) => 1;

        public override string RunUnit(Input input, long unit, UnitContext context) => greeting.Words;

        public override string Combine(string left, string right) => left;
    }
}
