using System.Text.RegularExpressions;
using OrleansWork.Testing;

namespace OrleansWork.Jobs.Tests.Docs;

/// <summary>What docs/jobs.md shows is compiled and run here.</summary>
public sealed partial class JobsPageTests
{
    [Fact]
    public async Task FirstKind_RunsLocally()
    {
        Collatz.Longest longest = await LocalRunner.RunAsync(Collatz.Kind, new Collatz.Input(Limit: 1_000_000));
        Assert.Equal(new(837_799, 524), longest);
    }

    [Fact]
    public async Task FirstKind_PassesTheChecks()
    {
        await JobKindChecks.VerifyAsync(new Collatz(), new Collatz.Input(Limit: 10_000, Block: 100));
    }

    [Theory]
    [InlineData(1, 100, "limit")]
    [InlineData(100, 0, "block")]
    public void FirstKind_WrongInput_IsRefused(long limit, long block, string field) =>
        Assert.Equal(field, Assert.Single(new Collatz().Validate(new Collatz.Input(limit, block))).Field);

    [Fact]
    public async Task MapKind_RunsLocally()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("jobs-page-");
        try
        {
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, "a"), "", TestContext.Current.CancellationToken);
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, "b"), "b", TestContext.Current.CancellationToken);
            await JobKindChecks.VerifyAsync(new Thumbprints(), new Thumbprints.Input(folder.FullName));
            IReadOnlyList<UnitResult<Thumbprints.Output>> results = await LocalRunner.RunUnitsAsync(
                Thumbprints.Kind,
                new Thumbprints.Input(folder.FullName)
            );
            JobKindDefinitionException refused = await Assert.ThrowsAsync<JobKindDefinitionException>(() =>
                LocalRunner.RunAsync(Thumbprints.Kind, new Thumbprints.Input(folder.FullName))
            );
            Assert.EndsWith("run it by RunUnitsAsync.", refused.Message, StringComparison.Ordinal);
            Assert.Equal(2, results.Count);
            Assert.StartsWith("e3b0c44298fc1c14", results[0].Value!.Sha256, StringComparison.Ordinal);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>Compiled, so that the page is right; a cluster is needed to run it.</summary>
    internal static async Task PrintAsync(JobHandle<Thumbprints.Output> job)
    {
        await foreach (UnitResult<Thumbprints.Output> result in job.UnitResultsAsync(inOrder: true))
            System.Console.WriteLine($"{result.Unit}: {result.Value?.Sha256 ?? result.Error?.Message}");
    }

    [Fact]
    public void Page_EveryExample_IsCompiledHere()
    {
        string root = Root();
        string page = File.ReadAllText(Path.Combine(root, "docs", "jobs.md"));
        string folder = Path.Combine(root, "tests", "Jobs.Tests", "Docs");
        string sources = Squeeze(string.Concat(Directory.GetFiles(folder, "*.cs").Select(File.ReadAllText)));
        string[] examples = [.. Example().Matches(page).Select(match => match.Groups["code"].Value)];
        Assert.Equal(5, examples.Length);
        Assert.All(examples, example => Assert.Contains(Squeeze(example), sources, StringComparison.Ordinal));
    }

    private static string Root()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "OrleansWork.sln")))
            folder = folder.Parent;
        return folder?.FullName ?? throw new DirectoryNotFoundException("No folder above the tests has OrleansWork.sln.");
    }

    private static string Squeeze(string text) => Space().Replace(text, " ");

    [GeneratedRegex("```csharp\\n(?<code>.*?)```", RegexOptions.Singleline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Example();

    [GeneratedRegex("\\s+", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Space();
}
