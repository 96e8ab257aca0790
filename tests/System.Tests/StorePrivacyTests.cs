using System.Globalization;
using OrleansWork.SystemTests.Processes;

namespace OrleansWork.SystemTests;

/// <summary>A cluster of one silo that runs commands and logs all it can.</summary>
public sealed class OneTalkativeSilo : IAsyncLifetime
{
    private LocalCluster? _cluster;

    internal LocalCluster Cluster => _cluster ?? throw new InvalidOperationException("The cluster is not there yet.");

    public async ValueTask InitializeAsync()
    {
        if (OperatingSystem.IsLinux())
            _cluster = await LocalCluster.UpAsync(
                1,
                ["--allow-exec"],
                [.. ((string[])["Default", "Microsoft", "OrleansWork"]).Select(name => ($"Logging__LogLevel__{name}", "Debug"))]
            );
    }

    public async ValueTask DisposeAsync()
    {
        if (_cluster is not null)
            await _cluster.DisposeAsync();
    }
}

/// <summary>The store of a local cluster is its user's alone, and its password is where it has to be and nowhere else.</summary>
public sealed class StorePrivacyTests(OneTalkativeSilo silo) : IClassFixture<OneTalkativeSilo>
{
    private const string SetPriv = "/usr/bin/setpriv";

    private string Folder => silo.Cluster.Directory;

    private string Password => File.ReadAllText(Path.Combine(Folder, "store.password")).Trim();

    [LinuxFact]
    public async Task Password_IsInTwoFilesOfTheUserAndNowhereElse()
    {
        Assert.Matches("^[0-9a-f]{64}$", Password);
        Assert.Equal("700", ModeOf(Folder));
        Assert.All(
            (string[])["store.password", "store.seal", "store.mark", "cluster.json"],
            name => Assert.Equal("600", ModeOf(Path.Combine(Folder, name)))
        );
        await using RunningProgram exec = RunningProgram.Start(
            Programs.Console,
            ["run", "exec", "--command", "sh -c 'env; cat /proc/self/environ /proc/$PPID/environ'", "--items", "x", "--data", Folder]
        );
        Assert.True(await exec.ExitCodeAsync() == 0, exec.Error);
        Assert.Contains("PATH=", exec.Output, StringComparison.Ordinal);

        (string Where, string Text)[] open =
        [
            ("what a job starts", exec.Output + exec.Error),
            ("the console", silo.Cluster.Console.Output + silo.Cluster.Console.Error),
            .. ProcessTable.Naming(Folder).Select(p => ($"the arguments of {p.Pid}", p.CommandLine)),
            .. ProcessTable.Naming(Folder).Select(p => ($"the environment of {p.Pid}", File.ReadAllText($"/proc/{p.Pid}/environ"))),
            .. Directory.GetFiles(Path.Combine(Folder, "logs")).Select(file => (file, ReadShared(file))),
        ];
        Assert.True(open.Length >= 10, "console, store and silo, and their logs");
        Assert.Contains(open, text => text.Text.Contains("dbug:", StringComparison.Ordinal));
        Assert.All(open, text => Assert.False(text.Text.Contains(Password, StringComparison.Ordinal), text.Where));
    }

    [LinuxFact]
    public async Task Redis_OfClusterFile_IsAWayIn()
    {
        ClusterFile file = silo.Cluster.Description();
        Assert.EndsWith($",password={Password}", file.Redis, StringComparison.Ordinal);
        await using RunningProgram silos = RunningProgram.Start(
            Programs.Console,
            ["silos", "--json"],
            ("ORLEANSWORK_REDIS", file.Redis),
            ("ORLEANSWORK_CLUSTER_ID", file.ClusterId),
            ("ORLEANSWORK_SECRET", file.Secret)
        );
        Assert.True(await silos.ExitCodeAsync() == 0, silos.Error);
        Assert.Contains(file.Silos[0].Silo!, silos.Output, StringComparison.Ordinal);
    }

    [LinuxFact]
    public async Task OtherUser_GetsNothing()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess && File.Exists(SetPriv), "Needs root, and setpriv, to be somebody else.");
        string port = silo.Cluster.Description().Redis.Split(':', ',')[1];
        string ask = string.Create(
            CultureInfo.InvariantCulture,
            $"exec 3<>/dev/tcp/127.0.0.1/{port}; printf '*1\\r\\n$4\\r\\nPING\\r\\n*2\\r\\n$4\\r\\nKEYS\\r\\n$1\\r\\n*\\r\\n' >&3; head -2 <&3"
        );
        Assert.Equal("-NOAUTH Authentication required.", (await AsNobodyAsync("bash", "-c", ask)).Output.Trim());
        foreach (
            string file in (string[])["cluster.json", "store.password", "store.seal", "store.mark", "store/AOF/aof.log.0", "logs/store.log"]
        )
        {
            (int code, string output) = await AsNobodyAsync("cat", Path.Combine(Folder, file));
            Assert.True(code != 0 && output.Length == 0, file);
        }
    }

    private static async Task<(int Code, string Output)> AsNobodyAsync(params string[] command)
    {
        await using RunningProgram program = RunningProgram.StartProgram(
            SetPriv,
            ["--reuid=nobody", "--regid=nogroup", "--clear-groups", .. command]
        );
        return (await program.ExitCodeAsync(), program.Output);
    }

    private static string ModeOf(string path) =>
        OperatingSystem.IsWindows() ? "" : Convert.ToString((int)File.GetUnixFileMode(path), toBase: 8);

    private static string ReadShared(string path)
    {
        using StreamReader reader = new(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));
        return reader.ReadToEnd();
    }
}
