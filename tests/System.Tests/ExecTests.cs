using System.Globalization;
using System.Text.Json;
using OrleansWork.SystemTests.Processes;

namespace OrleansWork.SystemTests;

/// <summary>Commands on three silo processes: each result once and in order, and nothing that outlives its item, its job or its silo.</summary>
public sealed class ExecTests(ThreeExecutingSilos silos) : IClassFixture<ThreeExecutingSilos>
{
    private readonly LocalCluster _cluster = silos.Cluster;

    [SlowFact]
    public async Task TwoHundredItems_GiveTheirOutputsInOrder()
    {
        string[] items = [.. Enumerable.Range(1, 200).Select(i => $"item {i}")];
        string file = Path.Combine(_cluster.Directory, "items.txt");
        await File.WriteAllLinesAsync(file, items);
        await using RunningProgram run = Run("--command", "sh -c 'sleep 0.05; echo {}'", "--items-from", file, "--id", "items");
        Assert.True(await run.ExitCodeAsync() == 0, run.Error);
        JsonElement[] lines = [.. run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonElement.Parse(l))];
        Assert.Equal(Enumerable.Range(0, 200).Select(i => (long)i), lines.Select(line => line.GetProperty("unit").GetInt64()));
        Assert.Equal(
            items.Select(item => (item, 0, $"{item}\n")),
            lines
                .Select(line => line.GetProperty("result"))
                .Select(result =>
                    (
                        result.GetProperty("item").GetString()!,
                        result.GetProperty("exitCode").GetInt32(),
                        result.GetProperty("stdout").GetString()!
                    )
                )
        );

        await using RunningProgram show = RunningProgram.Start(Programs.Console, ["show", "items", "--json", "--data", _cluster.Directory]);
        Assert.True(await show.ExitCodeAsync() == 0, show.Error);
        JsonElement[] shares = [.. JsonElement.Parse(show.Output).GetProperty("silos").EnumerateArray()];
        Assert.Equal(3, shares.Count(silo => silo.GetProperty("units").GetInt64() > 0));
    }

    [LinuxFact]
    public async Task ResultsOfItems_ArePrintedWhileTheJobRuns()
    {
        string gate = Path.Combine(_cluster.Directory, "gate");
        await using RunningProgram run = Run(
            "--command",
            $"sh -c 'while [ {{n}} = 2 ] && [ ! -e {gate} ]; do sleep 0.05; done; echo {{}}'",
            "--items",
            "a,b,c"
        );
        await Eventually.TrueAsync(
            () => run.HasExited || run.Output.Count(c => c == '\n') == 2,
            () => run.Output + run.Error,
            what: "the results of the first two items on standard output"
        );
        Assert.False(run.HasExited, run.Error);
        await File.WriteAllTextAsync(gate, "");
        Assert.True(await run.ExitCodeAsync() == 0, run.Error);
        Assert.Equal(
            ["a\n", "b\n", "c\n"],
            run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Select(line => JsonElement.Parse(line).GetProperty("result").GetProperty("stdout").GetString())
        );
    }

    [SlowFact]
    public async Task RunLocal_AllowExec_LetsItsSilosRunCommands()
    {
        string[] job = ["run", "exec", "--command", "echo {}", "--items", "a", "--local", "1"];
        await using RunningProgram run = RunningProgram.Start(Programs.Console, [.. job, "--allow-exec"]);
        Assert.True(await run.ExitCodeAsync() == 0, run.Error);
        Assert.Contains("a\\n", run.Output, StringComparison.Ordinal);
        await using RunningProgram refused = RunningProgram.Start(Programs.Console, job);
        Assert.Equal(5, await refused.ExitCodeAsync());
        Assert.Contains("--allow-exec", refused.Error, StringComparison.Ordinal);
    }

    [LinuxFact]
    public async Task HangingItem_IsKilledWithItsChildrenAndTheOthersAreKept()
    {
        string marker = Marker();
        await using RunningProgram run = Run(
            "--command",
            "sh -c 'echo {n}; [ {n} != 1 ] || { sleep {} & (setsid sleep {} &) ; sleep {}; }'",
            "--items",
            $"a,{marker},c",
            "--item-timeout",
            "2s"
        );
        Assert.True(await run.ExitCodeAsync() == 0, run.Error);
        JsonElement[] results =
        [
            .. run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonElement.Parse(line).GetProperty("result")),
        ];
        Assert.Equal(["0\n", "1\n", "2\n"], results.Select(result => result.GetProperty("stdout").GetString()));
        Assert.Equal([0, 124, 0], results.Select(result => result.GetProperty("exitCode").GetInt32()));
        Assert.Equal([false, true, false], results.Select(result => result.GetProperty("timedOut").GetBoolean()));
        await ProcessTable.NoneNamingAsync(marker, Eventually.Ceiling);
    }

    [LinuxFact]
    public async Task SiloKilled_ItsCommandsDoNotOutliveIt()
    {
        string marker = Marker();
        await using RunningProgram run = Run(
            "--command",
            // A child, one that has lost its parent, and one in a session of its own.
            "sh -c 'sleep {} & (sleep {} &) ; (setsid sleep {} &) ; sleep {}'",
            "--items",
            string.Join(',', Enumerable.Range(0, 12).Select(i => $"{marker}{i}")),
            "--id",
            "orphans"
        );
        ClusterFileProcess victim = _cluster.Description().Silos[0];
        int[] mine = [];
        await Eventually.TrueAsync(
            () => (mine = Owned(marker, victim.Pid)).Length >= 4,
            () => run.Error,
            what: "commands of the first silo"
        );
        string folder = Path.GetDirectoryName(new FileInfo($"/proc/{mine[0]}/cwd").ResolveLinkTarget(returnFinalTarget: true)!.FullName)!;
        Assert.StartsWith("orleanswork-exec-", Path.GetFileName(folder), StringComparison.Ordinal);

        Signals.Send(victim.Pid, Signals.Kill);

        await Eventually.TrueAsync(
            () => ProcessTable.Naming(marker).All(left => !mine.Contains(left.Pid)) && !Directory.Exists(folder),
            () => $"Left: {string.Join("; ", ProcessTable.Naming(marker))} {(Directory.Exists(folder) ? folder : "")}",
            what: "the end of the killed silo's commands and of their folder"
        );
        await using RunningProgram cancel = RunningProgram.Start(Programs.Console, ["cancel", "orphans", "--data", _cluster.Directory]);
        Assert.True(await cancel.ExitCodeAsync() == 0, cancel.Error);
        await run.ExitCodeAsync();

        await ProcessTable.NoneNamingAsync(marker, Eventually.Ceiling);
    }

    private RunningProgram Run(params IEnumerable<string> arguments) =>
        RunningProgram.Start(Programs.Console, ["run", "exec", .. arguments, "--data", _cluster.Directory]);

    /// <summary>A time to sleep that no other process on this machine has.</summary>
    private static string Marker() => string.Create(CultureInfo.InvariantCulture, $"600.{Random.Shared.NextInt64(1_000_000_000_000)}");

    /// <summary>Lists the sleeping processes that a silo started, those too that are no longer below it.</summary>
    private static int[] Owned(string marker, int silo)
    {
        string? token = ProcessTable
            .Naming(marker)
            .Where(p => Below(p.Pid, silo))
            .Select(p => Token(p.Pid))
            .FirstOrDefault(t => t is not null);
        return token is null ? [] : [.. ProcessTable.Naming(marker).Select(p => p.Pid).Where(pid => Token(pid) == token)];
    }

    private static bool Below(int pid, int ancestor)
    {
        try
        {
            for (; pid > 1; pid = ProcessTable.ParentOf(pid))
            {
                if (pid == ancestor)
                    return true;
            }
        }
        catch (IOException)
        {
            // It has ended meanwhile.
        }

        return false;
    }

    private static string? Token(int pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/environ")
                .Split('\0')
                .FirstOrDefault(variable => variable.StartsWith("ORLEANSWORK_OWNER=", StringComparison.Ordinal))
                ?.Split('-')[0];
        }
        catch (IOException)
        {
            return null;
        }
    }
}
