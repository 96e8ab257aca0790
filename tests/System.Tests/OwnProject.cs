using System.Text.RegularExpressions;
using OrleansWork.SystemTests.Processes;

namespace OrleansWork.SystemTests;

/// <summary>The project that docs/jobs.md teaches, in an empty folder outside the repository.</summary>
public sealed partial class OwnProject : IAsyncLifetime
{
    private const string Placeholder = "/path/to/OrleansWork";

    /// <summary>Gets the folder of everything, removed at the end.</summary>
    internal string Folder { get; } = Path.Combine(Path.GetTempPath(), $"ow-own-{Guid.NewGuid():N}"[..20]);

    /// <summary>Gets the project's folder.</summary>
    internal string Directory => Path.Combine(Folder, "own");

    internal string Assembly => Path.Combine(Directory, "bin", "Release", "net10.0", "MyKind.dll");

    /// <summary>Gets the command of the page, without the console's name, and what it prints.</summary>
    internal (string[] Arguments, string Output) Command { get; private set; } = ([], "");

    public async ValueTask InitializeAsync()
    {
        string page = await File.ReadAllTextAsync(Path.Combine(Root(), "docs", "jobs.md"));
        System.IO.Directory.CreateDirectory(Directory);
        int files = 0;
        foreach (Match example in File_().Matches(page))
        {
            string text = example.Groups["text"].Value.Replace(Placeholder, Root(), StringComparison.Ordinal);
            await File.WriteAllTextAsync(Path.Combine(Directory, example.Groups["name"].Value), text);
            files++;
        }

        Assert.Equal(2, files);
        Match command = Console().Match(page);
        Assert.True(command.Success, "docs/jobs.md has no command with --jobs.");
        Command = (command.Groups["arguments"].Value.Split(' '), command.Groups["output"].Value);
    }

    public ValueTask DisposeAsync()
    {
        System.IO.Directory.Delete(Folder, recursive: true);
        return ValueTask.CompletedTask;
    }

    /// <summary>Builds the project as its author would, unless that was done.</summary>
    internal async Task BuildAsync()
    {
        if (File.Exists(Assembly))
            return;
        await using RunningProgram build = RunningProgram.StartIn(
            Directory,
            "build",
            ["-c", "Release", "-nodeReuse:false", "-p:UseSharedCompilation=false", "-p:RunAnalyzers=false"]
        );
        Assert.True(await build.ExitCodeAsync(TimeSpan.FromMinutes(3)) == 0, build.Output + build.Error);
    }

    internal static string Root()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "OrleansWork.sln")))
            folder = folder.Parent;
        return folder?.FullName ?? throw new DirectoryNotFoundException("No folder above the tests has OrleansWork.sln.");
    }

    [GeneratedRegex(
        "```(xml|csharp) (?<name>MyKind\\.\\w+)\\n(?<text>.*?)```",
        RegexOptions.Singleline | RegexOptions.ExplicitCapture,
        1000
    )]
    private static partial Regex File_();

    [GeneratedRegex("^\\$ orleanswork (?<arguments>run mykind --jobs .*)\\n(?<output>.*)$", RegexOptions.Multiline, 1000)]
    private static partial Regex Console();
}
