using System.Diagnostics;
using System.Globalization;
using OrleansWork.Console.Connection;
using Xunit;

namespace OrleansWork.Console.Tests.Commands;

/// <summary>What a shell gets when someone presses tab.</summary>
public sealed class CompletionTests : IDisposable
{
    private const string Silo = "127.0.0.1:11111@154632560";
    private readonly ConsoleRun _run = new();
    private int _read;

    public void Dispose() => _run.Dispose();

    [Theory]
    [InlineData("", "run", "up", "scale", "completion", "jobs")]
    [InlineData("sc", "scale")]
    [InlineData("run primes --pl", "--placement")]
    [InlineData("run primes --placement ", "random", "round-robin", "least-loaded", "adaptive")]
    [InlineData("run primes --placement least", "least-loaded")]
    [InlineData("up --allow", "--allow-exec", "--allow-crash")]
    [InlineData("jobs --state ca", "canceled")]
    [InlineData("completion ", "bash", "zsh", "fish", "pwsh")]
    [InlineData("show --gate", "--gateway")]
    public async Task Suggest_WhatTheParserKnows_NeedsNoCluster(string typed, params string[] expected)
    {
        _run.Cluster.ConnectFailure = new ClusterUnreachableException("Nobody there.");
        string[] words = await SuggestAsync(typed);
        Assert.All(expected, word => Assert.Contains(word, words));
        Assert.DoesNotContain("reference", words);
        Assert.Empty(_run.Error);
    }

    [Theory]
    [InlineData("run ", "primes")]
    [InlineData("run pri", "primes")]
    [InlineData("run --local 3 pri", "primes")]
    [InlineData("kinds sy", "synthetic")]
    [InlineData("jobs --kind su", "sum")]
    [InlineData("show ", "job-1")]
    [InlineData("cancel --reason x jo", "job-1")]
    [InlineData("rm j", "job-1")]
    [InlineData("drain ", Silo)]
    [InlineData("undrain 127", Silo)]
    public async Task Suggest_WhatTheClusterKnows_IsAskedOfIt(string typed, string expected)
    {
        Prepare();
        Assert.Contains(expected, await SuggestAsync(typed));
        Assert.Single(_run.Cluster.Connections);
    }

    [Fact]
    public async Task Suggest_OptionsAndValues_AreNotMixed()
    {
        Prepare();
        Assert.Equal([Silo], await SuggestAsync("drain "));
        string[] options = await SuggestAsync("show job-1 ");
        Assert.Contains("--json", options);
        Assert.DoesNotContain(options, word => word is "-h" or "/?");
    }

    [Theory]
    [InlineData("run ")]
    [InlineData("show ")]
    [InlineData("drain ")]
    public async Task Suggest_NoCluster_IsSilentlyNothing(string typed)
    {
        Prepare();
        _run.Cluster.ConnectFailure = new ClusterUnreachableException("Nobody there.");
        Assert.DoesNotContain(await SuggestAsync(typed), word => word is "primes" or "job-1" or Silo);
        Assert.Empty(_run.Error);
    }

    [Fact]
    public async Task Suggest_ClusterThatDoesNotAnswer_IsGivenUp()
    {
        using ConsoleRun run = new(connector: new SilentConnector());
        string line = "orleanswork show ";
        Assert.Equal(0, await run.RunAsync($"[suggest:{line.Length}]", line).WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.Empty(run.Error);
    }

    [Fact]
    public async Task Suggest_ArgumentThatIsThere_IsNotAskedForAgain()
    {
        Prepare();
        Assert.DoesNotContain("job-1", await SuggestAsync("show job-1 "));
        Assert.DoesNotContain("sum", await SuggestAsync("run primes "));
        Assert.Empty(_run.Cluster.Connections);
    }

    [Theory]
    [InlineData("bash", "complete -o default -F")]
    [InlineData("zsh", "compdef _orleanswork orleanswork")]
    [InlineData("fish", "complete -c orleanswork")]
    [InlineData("pwsh", "Register-ArgumentCompleter -Native -CommandName orleanswork")]
    public async Task Completion_Shell_PrintsItsScriptAlone(string shell, string expected)
    {
        Assert.Equal(0, await _run.RunAsync("completion", shell));
        Assert.Contains(expected, _run.Out, StringComparison.Ordinal);
        Assert.Contains("[suggest:", _run.Out, StringComparison.Ordinal);
        Assert.Empty(_run.Error);
        if (shell == "pwsh" || Find(shell) is not { } program)
            return;

        // Each shell knows whether it can read it.
        (int exit, string output) = await ShellAsync(program, shell == "fish" ? ["--no-execute", "/dev/stdin"] : ["-n"], _run.Out);
        Assert.True(exit == 0, output);
    }

    [Theory]
    [InlineData("orleanswork sc", "", "scale", "scrub")]
    [InlineData("orleanswork drain 127.0.0.1:11111@1", "127.0.0.1:11111@", "127.0.0.1:11111@154632560")]
    public async Task Completion_ScriptOfBash_ReplacesTheWordBeingTyped(string typed, string kept, params string[] suggested)
    {
        if (Find("bash") is not { } bash)
            return;
        Assert.Equal(0, await _run.RunAsync("completion", "bash"));

        // bash hands over what follows its last word break.
        string script = string.Create(
            CultureInfo.InvariantCulture,
            $$"""
            orleanswork() { echo "asked $1 $2" >&2; printf '%s\n' {{string.Join(' ', suggested)}} other; }
            {{_run.Out}}
            COMP_LINE='{{typed}}'; COMP_POINT={{typed.Length}}
            _orleanswork
            printf '%s\n' "${COMPREPLY[@]}"
            """
        );
        (int exit, string output) = await ShellAsync(bash, [], script);
        Assert.Equal(0, exit);
        Assert.Equal(suggested.Select(word => word[kept.Length..]), output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Theory]
    [InlineData("tcsh")]
    [InlineData(null)]
    public async Task Completion_NoSuchShell_ExitsWith2(string? shell)
    {
        Assert.Equal(2, await _run.RunAsync(shell is null ? ["completion"] : ["completion", shell]));
        Assert.Contains("SHELL", _run.ErrorLine, StringComparison.Ordinal);
    }

    private static string? Find(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(Path.PathSeparator)
            .Select(folder => Path.Combine(folder, program))
            .FirstOrDefault(File.Exists);

    private static async Task<(int Exit, string Output)> ShellAsync(string program, string[] arguments, string script)
    {
        ProcessStartInfo start = new(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        using Process shell = Process.Start(start)!;
        await shell.StandardInput.WriteAsync(script);
        shell.StandardInput.Close();
        string output = await shell.StandardOutput.ReadToEndAsync();
        await shell.WaitForExitAsync();
        return (shell.ExitCode, output);
    }

    private void Prepare()
    {
        JobSummary job = new("job-1", "primes", 1, JobState.Running, new UnitCounts(1, 0, 0, 0), FakeJob.Start, null, 0, null);
        _run.Cluster.Jobs = new Page<JobSummary>([job], null);
        _run.Cluster.Silos = [new SiloStatus(Silo, "active", 2, 0, 0, 0, 0, 0, 0, 0, new Dictionary<string, string>(), [])];
    }

    private async Task<string[]> SuggestAsync(string typed)
    {
        string line = $"orleanswork {typed}";
        Assert.Equal(0, await _run.RunAsync($"[suggest:{line.Length}]", line));
        string[] words = _run.Out[_read..].Split('\n', StringSplitOptions.RemoveEmptyEntries);
        _read = _run.Out.Length;
        return words;
    }

    /// <summary>Never answers, and does not give up when it is told to.</summary>
    private sealed class SilentConnector : IClusterConnector
    {
        public Task<ClusterLink> ConnectAsync(ConnectionSettings settings, CancellationToken cancellationToken) =>
            new TaskCompletionSource<ClusterLink>().Task;
    }
}
