using System.Text;
using Microsoft.Extensions.DependencyInjection;
using OrleansWork.Jobs;

namespace OrleansWork.Testing.Tests;

/// <summary>A cluster in the test's own process does what one of processes does. Not beside tests that keep the threads that its turns need.</summary>
[Collection(nameof(Alone))]
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

    [Fact]
    public async Task Start_WithoutKinds_SaysSoAtOnce() =>
        await Assert.ThrowsAsync<JobKindDefinitionException>(() => ComputeTestCluster.StartAsync(_ => { }, 1, cancellationToken: Token));

    [Fact]
    public async Task Result_ThatIsNull_FailsTheJob_AsInMemory()
    {
        await using ComputeTestCluster cluster = await ComputeTestCluster.StartAsync<Nothing>(1, Token);
        JobHandle<byte[]> job = await cluster.Client.SubmitAsync(Nothing.Kind, new Nothing.Input(), cancellationToken: Token);
        JobFailedException failed = await Assert.ThrowsAsync<JobFailedException>(() => job.ResultAsync(Token));
        JobFailedException local = await Assert.ThrowsAsync<JobFailedException>(() =>
            LocalRunner.RunAsync(new Nothing(), new Nothing.Input(), cancellationToken: Token)
        );
        foreach (JobFailedException exception in (JobFailedException[])[failed, local])
            Assert.Contains("The result is null; a job has to return something.", exception.Message, StringComparison.Ordinal);
    }

    [JobKind("nothing")]
    public sealed class Nothing : JobKind<Nothing.Input, int, byte[]>
    {
        public static readonly JobKindRef<Input, byte[]> Kind = KindOf<Nothing>();

        public sealed record Input;

        public override long CountUnits(Input input) => 1;

        public override int RunUnit(Input input, long unit, UnitContext context) => 1;

        public override int Combine(int left, int right) => left + right;

        public override byte[] Finish(Input input, int partial) => null!;
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
