using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using OrleansWork.Engine.Tests.Support;
using OrleansWork.Jobs;
using OrleansWork.Testing;
using Xunit;

namespace OrleansWork.Engine.Tests.Coordination;

/// <summary>Every kind under every policy in both executions, on three silos that all tests of the class share.</summary>
public sealed class EveryKindTests(EveryKindTests.Cluster cluster) : IClassFixture<EveryKindTests.Cluster>
{
    /// <summary>What a kind is given, and what it must answer.</summary>
    /// <param name="Input">The input as JSON.</param>
    /// <param name="ExpectedAsync">The answer: found without the engine where there is another way, else by <see cref="LocalRunner"/>.</param>
    private sealed record Case(string Input, Func<Task<string>> ExpectedAsync)
    {
        public Case(string input, string expected)
            : this(input, () => Task.FromResult(expected)) { }
    }

    private static readonly string Folder = Directory.CreateTempSubdirectory("every-kind-").FullName;

    private static readonly Dictionary<string, Case> Cases = new(StringComparer.Ordinal)
    {
        ["sum"] = new(
            """{"from":1,"to":1000000000000000000000,"block":100000000000000000}""",
            "500000000000000000000500000000000000000000"
        ),
        // Legendre's table: 17,984 primes below 200,000.
        ["primes"] = new("""{"to":200000,"block":4000}""", "17984"),
        ["pi"] = new(
            """{"samples":300000,"seed":7,"block":9000}""",
            async () => Json(await LocalRunner.RunAsync(new Pi(), new Pi.Input(300_000, 7, 9_000)))
        ),
        ["mandelbrot"] = new(
            """{"width":70,"height":50,"iterations":60}""",
            async () => Hash(await LocalRunner.RunAsync(new Mandelbrot(), new Mandelbrot.Input(70, 50, Iterations: 60)))
        ),
        ["synthetic"] = new("""{"units":120,"microseconds":200}""", """{"units":120,"checksum":7140}"""),
        ["wait"] = new("""{"units":200,"microseconds":3000}""", """{"units":200,"checksum":19900}"""),
        ["wordcount"] = new(
            $$"""{"paths":["{{Folder}}"],"top":2,"block":100}""",
            """{"words":[{"word":"the","count":240},{"word":"sheep","count":120}],"distinct":3,"total":400,"files":4,"bytes":2080}"""
        ),
        // The test's own: results kept one by one, and items that wait and are combined.
        ["squares"] = new(
            """{"bench":"every-kind","items":60}""",
            () =>
                Task.FromResult(
                    string.Concat(
                        Enumerable
                            .Range(0, 60)
                            .Select(i => $$$"""{"unit":{{{i}}},"result":{"number":{{{i}}},"square":"{{{i * i}}}","pad":""}}""" + "\n")
                    )
                )
        ),
        ["lengths"] = new("""{"words":80}""", """{"letters":3160}"""),
        ["exec"] = new(
            """{"command":"echo {n}","items":["a","b","c"]}""",
            () =>
                Task.FromResult(
                    string.Concat(
                        ((string[])["a", "b", "c"]).Select(
                            (item, i) =>
                                $$$"""{"unit":{{{i}}},"result":{"item":"{{{item}}}","exitCode":0,"stdout":"{{{i}}}\n","stderr":"","stdoutCut":false,"stderrCut":false,"timedOut":false}}"""
                                + "\n"
                        )
                    )
                )
        ),
    };

    public static TheoryData<PlacementPolicy, ExecutionMode, string> Combinations
    {
        get
        {
            TheoryData<PlacementPolicy, ExecutionMode, string> all = [];
            foreach (PlacementPolicy placement in Enum.GetValues<PlacementPolicy>())
            {
                foreach (ExecutionMode execution in Enum.GetValues<ExecutionMode>())
                {
                    foreach (string kind in Cases.Keys)
                        all.Add(placement, execution, kind);
                }
            }

            return all;
        }
    }

    [Theory]
    [MemberData(nameof(Combinations))]
    public async Task Run_PolicyExecutionKind_GivesTheRightAnswer(PlacementPolicy placement, ExecutionMode execution, string kind)
    {
        Assert.SkipUnless(kind != "exec" || OperatingSystem.IsLinux(), "The command is one of a POSIX system.");
        Case given = Cases[kind];
        JobHandle job = await cluster.Silos.Client.SubmitAsync(
            kind,
            Encoding.UTF8.GetBytes(given.Input),
            new JobOptions { Placement = placement, Execution = execution },
            cancellationToken: TestSilos.Ceiling
        );
        JobResult result = await job.ResultAsync(TestSilos.Ceiling);
        string answer = result.MediaType.Contains("json", StringComparison.Ordinal)
            ? Encoding.UTF8.GetString(result.Content)
            : Hash(result.Content);
        Assert.Equal(await given.ExpectedAsync(), answer);
        Assert.Equal(result.Status.Units.Total, result.Status.Units.Done);
        Assert.Equal((placement, execution), (result.Status.Options.Placement, result.Status.Options.Execution));
    }

    [Fact]
    public async Task Cases_AreAllKindsThatTheSilosHave() =>
        Assert.Equal(
            Cases.Keys.Order(StringComparer.Ordinal),
            (await cluster.Silos.Client.ListKindsAsync(TestSilos.Ceiling)).Select(kind => kind.Kind).Order(StringComparer.Ordinal)
        );

    private static string Json<T>(T value) => JsonSerializer.Serialize(value, OrleansWorkJson.Payloads);

    private static string Hash(byte[] bytes) => Convert.ToHexString(SHA256.HashData(bytes));

    /// <summary>Three silos with the ready-made kinds and two of the tests.</summary>
    public sealed class Cluster : IAsyncLifetime
    {
        internal TestSilos Silos { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            AppContext.SetSwitch(Exec.AllowExecSwitch, true);
            for (int file = 0; file < 4; file++)
                await File.WriteAllTextAsync(Path.Combine(Folder, $"{file}.txt"), Text());
            Silos = await TestSilos.StartAsync(3, jobs: jobs => jobs.AddJob<SquaresKind>().AddJob<LengthsKind>());
        }

        public async ValueTask DisposeAsync()
        {
            await Silos.DisposeAsync();
            AppContext.SetSwitch(Exec.AllowExecSwitch, false);
            Directory.Delete(Folder, recursive: true);
        }

        /// <summary>520 bytes: sixty times "the", thirty times "sheep", ten times "grazed", and blanks.</summary>
        private static string Text() =>
            string.Join(' ', [.. Enumerable.Repeat("the sheep the", 30), .. Enumerable.Repeat("grazed", 10)]).PadRight(520);
    }
}
