using Xunit;

namespace OrleansWork.Console.Tests.Commands;

/// <summary>docs/console.md is what the parser says.</summary>
public sealed class ReferencePageTests
{
    [Fact]
    public async Task ReferencePage_IsWhatTheParserSays()
    {
        using ConsoleRun run = new();
        Assert.Equal(0, await run.RunAsync("reference"));
        string file = Path.Combine(Root(), "docs", "console.md");
        string[] expected = run.Out.Split('\n');
        string[] written = File.Exists(file) ? (await File.ReadAllTextAsync(file)).ReplaceLineEndings("\n").Split('\n') : [];
        for (int line = 0; line < Math.Max(expected.Length, written.Length); line++)
        {
            string is_ = written.ElementAtOrDefault(line) ?? "(the end)";
            string should = expected.ElementAtOrDefault(line) ?? "(the end)";
            Assert.True(
                is_ == should,
                $"docs/console.md, line {line + 1} is not what the commands say. Make it anew: dotnet run --project client -- reference > docs/console.md\n  it has:   {is_}\n  should be: {should}"
            );
        }
    }

    [Fact]
    public async Task ReferencePage_NamesEveryCommandOfTheHelp()
    {
        using ConsoleRun run = new();
        Assert.Equal(0, await run.RunAsync("reference"));
        string page = run.Out;
        using ConsoleRun help = new();
        Assert.Equal(0, await help.RunAsync("--help"));
        string commands = help.Out[help.Out.IndexOf("Commands:", StringComparison.Ordinal)..];
        string[] names =
        [
            .. commands.Split('\n').Skip(1).Select(line => line.Trim().Split([' ', ','], 2)[0]).Where(name => name.Length > 0),
        ];
        Assert.True(names.Length > 15, commands);
        Assert.All(names, name => Assert.Contains($"\n## {name}\n", page, StringComparison.Ordinal));
        Assert.DoesNotContain("## reference", page, StringComparison.Ordinal);
    }

    private static string Root()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "OrleansWork.sln")))
            folder = folder.Parent;
        return folder?.FullName ?? throw new DirectoryNotFoundException("No folder above the tests has OrleansWork.sln.");
    }
}
