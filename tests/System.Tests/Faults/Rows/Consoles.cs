using System.Diagnostics;
using System.Text.RegularExpressions;
using OrleansWork.SystemTests.Faults.Driver;
using OrleansWork.SystemTests.Processes;

namespace OrleansWork.SystemTests.Faults.Rows;

/// <summary>Consoles whose output cannot be written, whose reader or descriptors are gone, and whose cluster cannot be started, found or stopped.</summary>
internal static class Consoles
{
    private const int Nobody = 65534;
    private const string Patient = "sh -c \"sleep {}; echo {}\"";

    // What ends at once, on a machine that builds beside it.
    private static readonly TimeSpan Prompt = TimeSpan.FromSeconds(20);

    // How long a supervisor that does not answer is waited for, and what it leaves.
    private static readonly TimeSpan Stopped = TimeSpan.FromSeconds(60);

    private static readonly Attempt[] s_withCluster =
    [
        new(
            "full output, result",
            "ow run sum --numbers 1,2 >/dev/full",
            7,
            "could not be written: No space .* is kept: orleanswork result"
        ),
        new("full output, list", "ow jobs >/dev/full", 7, "could not be written: No space"),
        new("full output, document", "ow silos --json >/dev/full", 7, "could not be written: No space"),
        new("full --out", "ow run sum --numbers 1,2 --out /dev/full", 7, "/dev/full has only a part .* is kept: orleanswork result"),
        new("closed output", "ow jobs >&-", 7, "could not be written: it is closed"),
        new("closed output, no cluster needed", "ow --version >&-", 7, "could not be written: it is closed"),
        new("closed input", "ow run sum --numbers 1,2 <&-", 0, "^3$"),
        new("closed error stream", "ow run sum --numbers 1,2 2>&-", 0, "^3$"),
        new("closed error stream, wrong usage", "ow run sum --nombers 1 2>&-", 2, "^$"),
        new("all streams closed", "ow run sum --numbers 1,2 <&- >&- 2>&-", 7, "^$"),
        new("full error stream", "ow run sum --numbers 1,2 2>/dev/full", 0, "^3$"),
        new(
            "reader gone in mid-job",
            $"ow run exec --command '{Patient}' --items 0,90 | head -1; exit ${{PIPESTATUS[0]}}",
            0,
            "Nobody reads"
        ),
        new(
            "reader gone before a word",
            $"ow run exec --command '{Patient}' --items 90 | true; exit ${{PIPESTATUS[0]}}",
            0,
            "Nobody reads"
        ),
        new("reader of a document gone", "ow kinds --json | true; exit ${PIPESTATUS[0]}", 7, "Nobody reads"),
        new("half a surrogate pair", """ow run exec --command 'printf %s {}' --input '{"items":["a\ud800b"]}'""", 2, "surrogate"),
        new(
            "items in another encoding",
            @"printf 'caf\xe9\n' >latin1; ow run exec --command 'printf %s {}' --items-from latin1",
            2,
            "line 1"
        ),
        new("an item in another encoding", @"ow run exec --command 'printf %s {}' --items ""$(printf 'caf\xe9')""", 2, "UTF-8"),
        new("an item in brackets", "ow run exec --command 'printf %s {}' --items '[x].txt'", 0, """ "stdout":"\[x\]\.txt" """),
        new("a pipe among files", "mkfifo pipe; ow run wordcount --paths \"$PWD/pipe\"", 2, "is a pipe"),
        new("no descriptors for a console", "ulimit -n 64; ow jobs", 5, @"only 64 files open \(ulimit -n\)"),
        new("no descriptors for a cluster", "ulimit -n 256; ow up --silos 1 --data few", 5, @"only 256 files open \(ulimit -n\)"),
        new("a file in place of the data folder", "echo >file; ow up --silos 1 --data file", 2, "is a file"),
        new("a data folder below a file", "ow up --silos 1 --data file/below", 2, "is a file"),
        new("a data folder nowhere", "ow up --silos 1 --data /proc/nothing", 2, "cannot be made"),
        new("a data folder without a name", "ow up --silos 1 --data ''", 2, "--data is empty"),
        new("a data folder with too long a path", "ow up --silos 1 --data \"$PWD/$(printf '%0300d' 0)\"", 2, "too long"),
        new("a data folder that is taken", "ow up --silos 1", 2, "already runs"),
        new("no such job", "ow logs nothing --unit 3", 4, "no job nothing"),
    ];

    private static readonly Attempt[] s_asNobody =
    [
        new("another user stops it", "ow down", 5, "belongs to another user"),
        new("another user scales it", "ow scale 3", 5, "belongs to another user"),
    ];

    /// <summary>F92: every command tells what went wrong in one line and by its exit code, and ends.</summary>
    public static async Task TellTheTruthAsync(FaultRun run)
    {
        SupervisedCluster cluster = await run.SupervisedAsync(1, ["--slots", "8", "--allow-exec"]);
        Attempt[] asNobody = MayBecomeNobody() ? s_asNobody : [];
        List<string> wrongCodes = [];
        List<string> wrongWords = [];
        TimeSpan slowest = TimeSpan.Zero;
        foreach (Attempt attempt in s_withCluster.Concat(asNobody))
        {
            string user = asNobody.Contains(attempt) ? $"setpriv --reuid={Nobody} --regid={Nobody} --clear-groups env HOME=/ " : "";
            (int code, string words, TimeSpan took) = await RunAsync(cluster.Directory, attempt.Script, user);
            run.History.Note($"{attempt.Name}: exit code {code} after {took.TotalSeconds:0.0} s{Environment.NewLine}{words}");
            slowest = took > slowest ? took : slowest;
            if (code != attempt.ExitCode)
                wrongCodes.Add($"{attempt.Name}: {code}, not {attempt.ExitCode}: {words}");
            if (!attempt.IsRight(words))
                wrongWords.Add($"{attempt.Name}: {words}");
        }

        await CancelAllAsync(cluster);
        int attempts = s_withCluster.Length + asNobody.Length;
        run.Holds($"wrong exit codes of {attempts} ≤ 0", Figure(wrongCodes), wrongCodes.Count == 0);
        run.Holds("… wrong messages, more than one, stack traces ≤ 0", Figure(wrongWords), wrongWords.Count == 0);
        run.Measured("… the slowest", slowest, Prompt);
        if (asNobody.Length == 0)
            run.Noted("… as another user", "left out: takes root, setpriv and programs that others may read");
        await StoppedAsync(run);
        await run.CheckAsync();
    }

    /// <summary>A cluster is stopped below a run; a supervisor that hangs does not keep <c>down</c> from its end.</summary>
    private static async Task StoppedAsync(FaultRun run)
    {
        await using LocalCluster cluster = await LocalCluster.UpAsync(1, "--allow-exec");
        Task<(int, string, TimeSpan)> running = RunAsync(cluster.Directory, $"ow run exec --command '{Patient}' --items 91", "");
        await Eventually.TrueAsync(() => ProcessTable.Naming("sleep 91; echo 91").Count > 0, what: "the unit to run");
        Signals.Send(cluster.Description().Supervisor.Pid, Signals.Stop);
        (int code, string words, TimeSpan took) = await RunAsync(cluster.Directory, "ow down", "");
        run.History.Note($"down: exit code {code}: {words}");
        run.Holds(
            "down beside a frozen supervisor",
            $"exit code {code}",
            code == 0 && words.Contains("killing it", StringComparison.Ordinal)
        );
        run.Measured("… ends", took, Stopped);
        run.Measured("… leaves", ProcessTable.Naming(cluster.Directory).Count(p => p.Pid != cluster.Console.Id), 0, "processes");
        (code, words, _) = await running;
        run.History.Note($"run: exit code {code}: {words}");
        run.Holds(
            "a run whose cluster is gone",
            $"exit code {code}",
            code == 3 && words.Contains("error: The cluster in", StringComparison.Ordinal)
        );
    }

    private static string Figure(IReadOnlyList<string> wrong) => wrong.Count == 0 ? "0" : $"{wrong.Count}: {string.Join("; ", wrong)}";

    private static async Task CancelAllAsync(SupervisedCluster cluster)
    {
        foreach (JobSummary job in (await cluster.Client.ListJobsAsync(new JobQuery(State: JobState.Running))).Items)
            await cluster.Client.GetJob(job.Id).CancelAsync();
    }

    /// <summary>Runs a script in a folder of its own, in which <c>ow</c> is the console.</summary>
    private static async Task<(int ExitCode, string Words, TimeSpan Took)> RunAsync(string data, string script, string user)
    {
        string folder = Path.Combine(data, "scratch");
        Directory.CreateDirectory(folder);
        long started = Stopwatch.GetTimestamp();
        await using RunningProgram shell = RunningProgram.StartProgram(
            "/bin/bash",
            [
                "-c",
                $$"""
                export ORLEANSWORK_DATA='{{data}}' LC_ALL=C.UTF-8
                ow() { {{user}}'{{Programs.Dotnet}}' '{{Programs.Console}}' "$@"; }
                cd '{{folder}}'
                {{script}}
                """,
            ]
        );
        int code = await shell.ExitCodeAsync(TimeSpan.FromSeconds(80));
        return (code, $"{shell.Output}{shell.Error}".Trim(), Stopwatch.GetElapsedTime(started));
    }

    private static bool MayBecomeNobody() =>
        OperatingSystem.IsLinux()
        && Environment.UserName == "root"
        && File.Exists("/usr/bin/setpriv")
        && File.GetUnixFileMode(Programs.Console).HasFlag(UnixFileMode.OtherRead)
        && Parents(Programs.Console)
            .All(folder => OperatingSystem.IsLinux() && File.GetUnixFileMode(folder).HasFlag(UnixFileMode.OtherExecute));

    private static IEnumerable<string> Parents(string path)
    {
        for (string? folder = Path.GetDirectoryName(path); folder is not null; folder = Path.GetDirectoryName(folder))
            yield return folder;
    }

    /// <summary>One use of the console.</summary>
    /// <param name="Name">What is wrong about it.</param>
    /// <param name="Script">The command.</param>
    /// <param name="ExitCode">How it has to end.</param>
    /// <param name="Expected">What it has to say, by a pattern; blanks around it are not part of it.</param>
    private sealed record Attempt(string Name, string Script, int ExitCode, string Expected)
    {
        private const RegexOptions Options = RegexOptions.Multiline | RegexOptions.Singleline;

        public bool IsRight(string words) =>
            Regex.IsMatch(words, Expected.Trim(), Options, TimeSpan.FromSeconds(1))
            && Regex.Count(words, "^error: ", Options, TimeSpan.FromSeconds(1)) <= 1
            && !Regex.IsMatch(words, @"^\s+at \S+\(|Unhandled exception", Options, TimeSpan.FromSeconds(1));
    }
}
