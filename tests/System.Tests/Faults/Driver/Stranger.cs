using OrleansWork.SystemTests.Processes;

namespace OrleansWork.SystemTests.Faults.Driver;

/// <summary>Another user of the machine, with a console of their own.</summary>
internal sealed class Stranger : IAsyncDisposable
{
    private const string Nobody = "65534";
    private readonly string _folder = Directory.CreateTempSubdirectory("ow-stranger-").FullName;

    private Stranger() { }

    /// <summary>Becomes one.</summary>
    /// <exception cref="FaultSkippedException">Only root can, with setpriv; or that user cannot start .NET.</exception>
    public static async Task<Stranger> ComeAsync()
    {
        if (Environment.UserName != "root" || !File.Exists("/usr/bin/setpriv"))
            throw new FaultSkippedException("only root can act as another user, by setpriv");
        Stranger stranger = new();
        string console = Path.GetDirectoryName(Programs.Console)!;
        foreach (string file in Directory.EnumerateFiles(console, "*", SearchOption.AllDirectories))
        {
            string copy = Path.Combine(stranger._folder, "console", Path.GetRelativePath(console, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }

        Directory.CreateDirectory(stranger.Home);
        await using RunningProgram open = RunningProgram.StartProgram(
            "sh",
            ["-c", $"chmod -R a+rX '{stranger._folder}' && chown {Nobody}:{Nobody} '{stranger.Home}'"]
        );
        Assert.Equal(0, await open.ExitCodeAsync());
        await using RunningProgram version = stranger.Console(["kinds", "--help"]);
        if (await version.ExitCodeAsync() != 0)
        {
            await stranger.DisposeAsync();
            throw new FaultSkippedException($"another user cannot start the console: {version.Error}");
        }

        return stranger;
    }

    private string Home => Path.Combine(_folder, "home");

    /// <summary>Starts their console.</summary>
    public RunningProgram Console(IEnumerable<string> arguments, params IEnumerable<(string Name, string Value)> environment) =>
        Run([Programs.Dotnet, Path.Combine(_folder, "console", Path.GetFileName(Programs.Console)), .. arguments], environment);

    /// <summary>Starts a line of bash.</summary>
    public RunningProgram Bash(string line) => Run(["bash", "-c", line], []);

    public ValueTask DisposeAsync()
    {
        Directory.Delete(_folder, recursive: true);
        return ValueTask.CompletedTask;
    }

    private RunningProgram Run(IEnumerable<string> command, IEnumerable<(string, string)> environment) =>
        RunningProgram.StartProgram(
            "setpriv",
            [$"--reuid={Nobody}", $"--regid={Nobody}", "--clear-groups", "env", "-C", Home, .. command],
            [("HOME", Home), ("XDG_CONFIG_HOME", Path.Combine(Home, "config")), .. environment]
        );
}
