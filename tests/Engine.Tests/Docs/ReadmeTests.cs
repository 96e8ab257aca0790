using System.Text.RegularExpressions;
using OrleansWork.Engine.Tests.Support;
using Xunit;

namespace OrleansWork.Engine.Tests.Docs;

/// <summary>What the README shows runs, and what it names exists.</summary>
public sealed partial class ReadmeTests
{
    private static readonly string Readme = Pages.Read("README.md");

    [Fact]
    public async Task ParallelSum_OnThreeSilos_PrintsWhatTheReadmeSays()
    {
        await using TestSilos silos = await TestSilos.StartAsync(3, jobs: jobs => jobs.AddJob<ParallelSum>());
        using StringWriter output = new();
        await ParallelSumExample.RunAsync(silos.Client, output);
        string printed = Assert.Single(Pages.Examples(Readme, "text"));
        Assert.Equal(Pages.Squeeze(printed), Pages.Squeeze(output.ToString()));
    }

    [Fact]
    public void ParallelSum_InTheReadme_IsWhatIsCompiledHere()
    {
        IReadOnlyList<string> examples = Pages.Examples(Readme, "csharp");
        string compiled = Pages.Squeeze(
            Pages.Read("tests", "Engine.Tests", "Docs", "ParallelSum.cs")
                + Pages
                    .Read("tests", "Engine.Tests", "Docs", "ParallelSumExample.cs")
                    .Replace("output.", "Console.", StringComparison.Ordinal)
        );
        Assert.Equal(2, examples.Count);
        Assert.All(examples, example => Assert.Contains(Pages.Squeeze(example), compiled, StringComparison.Ordinal));
    }

    [Fact]
    public void Table_TypesAndTests_Exist()
    {
        string types = string.Concat(Pages.Sources("grains", "silo", "store", "client", "tests").Select(source => source.Text));
        HashSet<string> declared = [.. Declaration().Matches(types).Select(match => match.Groups["name"].Value)];
        HashSet<string> tests =
        [
            .. Pages
                .Sources("tests")
                .SelectMany(source =>
                    TestMethod()
                        .Matches(source.Text)
                        .Select(match => $"{Path.GetFileNameWithoutExtension(source.File)}.{match.Groups["name"].Value}")
                ),
        ];
        (string Clause, string[] Types, string[] Tests)[] rows =
        [
            .. Row()
                .Matches(Readme)
                .Select(row => (row.Groups["clause"].Value.Trim(), Names(row.Groups["types"]), Names(row.Groups["tests"]))),
        ];
        Assert.InRange(rows.Length, 18, 40);
        foreach ((string clause, string[] named, string[] shown) in rows)
        {
            Assert.False(named.Length == 0 || shown.Length == 0, $"{clause} names no type or no test.");
            Assert.All(named, name => Assert.True(declared.Contains(name), $"{clause}: there is no type {name}."));
            Assert.All(
                shown,
                name =>
                    Assert.True(
                        name.Contains('.', StringComparison.Ordinal)
                            ? tests.Contains(name)
                            : tests.Any(test => test.StartsWith(name + ".", StringComparison.Ordinal)) || declared.Contains(name),
                        $"{clause}: there is no test {name}."
                    )
            );
        }
    }

    [Fact]
    public void Links_ToFilesOfTheRepository_LeadSomewhere()
    {
        foreach (string page in (string[])["README.md", "docs/architecture.md", "docs/jobs.md", "docs/hosting.md"])
        {
            string folder = Path.GetDirectoryName(Path.Combine(Pages.Root, page))!;
            foreach (Match link in Link().Matches(Pages.Read(page)))
            {
                string target = Path.Combine(folder, link.Groups["target"].Value);
                Assert.True(File.Exists(target) || Directory.Exists(target), $"{page} links to {link.Groups["target"].Value}.");
            }
        }
    }

    private static string[] Names(Group cell) => [.. Code().Matches(cell.Value).Select(match => match.Groups["name"].Value)];

    [GeneratedRegex("\\b(class|record|struct|interface|enum)\\s+(?<name>[A-Z]\\w*)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Declaration();

    [GeneratedRegex(
        "\\[(Fact|Theory|LinuxFact|SlowFact)\\](\\s*\\[[^\\n]*\\])*(\\s*\\[(?s:.*?)\\]\\s*\\n)*?\\s*public (async )?[\\w<>.]+ (?<name>\\w+)\\(",
        RegexOptions.ExplicitCapture,
        5000
    )]
    private static partial Regex TestMethod();

    [GeneratedRegex(
        "^\\| (?<clause>[^|`]+) \\|(?<types>[^|]*`[^|]*)\\|(?<tests>[^|]*`[^|]*)\\|$",
        RegexOptions.Multiline | RegexOptions.ExplicitCapture,
        1000
    )]
    private static partial Regex Row();

    [GeneratedRegex("`(?<name>[\\w.]+)`", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Code();

    [GeneratedRegex("\\]\\((?<target>[^)#:]+)(#[^)]*)?\\)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Link();
}
