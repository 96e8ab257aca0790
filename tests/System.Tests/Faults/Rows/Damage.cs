using System.Globalization;
using System.Text;
using System.Text.Json;
using OrleansWork.SystemTests.Faults.Driver;
using OrleansWork.SystemTests.Processes;

namespace OrleansWork.SystemTests.Faults.Rows;

/// <summary>The files of a local cluster's store are not what was written.</summary>
internal static class Damage
{
    private const int Refused = 5;
    private const int Jobs = 40;
    private const int PageBytes = 4096;

    /// <summary>F87: every damage is told before anything is lost for good, and what is no damage is not called one.</summary>
    public static async Task FilesAsync(FaultRun run)
    {
        string root = Directory.CreateTempSubdirectory("ow-damage-").FullName;
        try
        {
            await TryAllAsync(run, root);
        }
        finally
        {
            if (Environment.GetEnvironmentVariable("ORLEANSWORK_FAULT_KEEP") != "1")
                Directory.Delete(root, recursive: true);
        }
    }

    private static async Task TryAllAsync(FaultRun run, string root)
    {
        string half = Path.Combine(root, "half");
        (string stopped, Dictionary<string, string> all) = await MakeAsync(root, "stopped", half, kill: false);
        (string killed, Dictionary<string, string> allOfKilled) = await MakeAsync(root, "killed", null, kill: true);
        int log = (int)new FileInfo(LogOf(stopped)).Length;
        Trial[] damages =
        [
            new("a bit of a value", stopped, folder => Flip(folder, KeyAt(folder, 20) + 150)),
            new("a bit of a key", stopped, folder => Flip(folder, KeyAt(folder, 25) + 10)) { IsFull = true },
            new("a bit of a length", stopped, folder => Flip(folder, KeyAt(folder, 30) - 24)) { IsFull = true },
            new("a bit of the first entry", stopped, folder => Flip(folder, 70)) { IsFull = true },
            new("a bit of the last commit", stopped, folder => Flip(folder, CommittedOf(folder) - 10)),
            new("a zeroed page", stopped, folder => Zero(folder, log / 2 / PageBytes * PageBytes)),
            new("the first page zeroed", stopped, folder => Zero(folder, 0)) { IsFull = true },
            new("the log cut in half", stopped, folder => Cut(folder, log / 2)),
            new("the log cut at a page", stopped, folder => Cut(folder, 3 * PageBytes)) { IsFull = true },
            new("the log cut by its last sector", stopped, folder => Cut(folder, CommittedOf(folder) - 512)) { IsFull = true },
            new("the log emptied", stopped, folder => Cut(folder, 0)) { IsFull = true },
            new("the log missing", stopped, folder => File.Delete(LogOf(folder))) { IsFull = true },
            new(
                "the folder of the log missing",
                stopped,
                folder => Directory.Delete(Path.GetDirectoryName(LogOf(folder))!, recursive: true)
            )
            {
                IsFull = true,
            },
            new("the store missing", stopped, folder => Directory.Delete(Path.Combine(folder, "store"), recursive: true)),
            new("an older copy of the store", stopped, folder => Replace(folder, half)),
            new("the seal missing", stopped, folder => File.Delete(Path.Combine(folder, "store.seal"))) { IsFull = true },
            new("store and seal missing", stopped, RemoveStoreAndSeal) { IsFull = true },
            new("the seal cut", stopped, folder => CutIn(SealOf(folder), 300)),
            new("the seal cut by 20 bytes", stopped, folder => CutIn(SealOf(folder), (int)new FileInfo(SealOf(folder)).Length - 20))
            {
                IsFull = true,
            },
            new(
                "the seal and the log cut",
                stopped,
                folder =>
                {
                    CutIn(SealOf(folder), 60);
                    Cut(folder, log / 2);
                }
            ),
            new(
                "an older copy of store and seal",
                stopped,
                folder =>
                {
                    Replace(folder, half);
                    File.Copy(half + ".seal", SealOf(folder), overwrite: true);
                }
            ),
            new("an older copy of the seal", stopped, folder => File.Copy(half + ".seal", SealOf(folder), overwrite: true))
            {
                IsFull = true,
            },
            new("the mark of the seal missing", stopped, folder => File.Delete(Path.Combine(folder, "store.mark"))) { IsFull = true },
            new("a bit of the seal", stopped, folder => FlipIn(Path.Combine(folder, "store.seal"), 60)) { IsFull = true },
            new("after kill -9 of all, a bit of a value", killed, folder => Flip(folder, KeyAt(folder, 20) + 150)),
            new("after kill -9 of all, the log cut", killed, folder => Cut(folder, (int)(CommittedOf(folder) - 2000))) { IsFull = true },
            new(
                "after kill -9 of all, the store missing",
                killed,
                folder => Directory.Delete(Path.Combine(folder, "store"), recursive: true)
            )
            {
                IsFull = true,
            },
        ];
        Trial[] nothing =
        [
            new("as it was stopped", stopped, _ => { }),
            new("after kill -9 of all", killed, _ => { }),
            new("after kill -9 of all, half a write at the end", killed, AppendHalfAWrite) { IsFull = true },
            new("Garnet's notes of commits missing", stopped, RemoveNotes) { IsFull = true },
        ];
        (List<string> silent, List<string> started, List<string> wrong) = ([], [], []);
        damages = [.. damages.Where(IsTried)];
        nothing = [.. nothing.Where(IsTried)];
        foreach (Trial trial in damages)
        {
            Dictionary<string, string> jobs = trial.Folder == stopped ? all : allOfKilled;
            string folder = Copy(trial, root);
            run.History.Note(trial.What);
            (int exit, string error) = await UpAsync(folder);
            if (exit != Refused)
                started.Add($"{trial.What} (exit {exit})");
            HashSet<string> told = [.. ToldOf(folder)];
            bool unknown = error.Contains("cannot be said", StringComparison.Ordinal);
            await using LocalCluster cluster = await LocalCluster.UpInAsync(folder, 1, "--accept-loss");
            (List<string> lost, List<string> changed) = await CompareAsync(cluster, jobs);
            silent.AddRange(unknown ? [] : lost.Where(id => !told.Contains(id)).Select(id => $"{trial.What}: {id}"));

            // What was stored and not acknowledged when all were killed may be told as well.
            IEnumerable<string> falselyTold = unknown ? [] : told.Where(jobs.ContainsKey).Except(lost);
            wrong.AddRange(changed.Concat(falselyTold).Select(id => $"{trial.What}: {id}"));
            run.Noted(
                $"… {trial.What}",
                unknown ? $"told; {lost.Count} of {jobs.Count} gone" : $"{lost.Count} of {jobs.Count} gone, all told"
            );
        }

        List<string> alarms = [];
        foreach (Trial trial in nothing)
        {
            string folder = Copy(trial, root);
            run.History.Note(trial.What);
            await using LocalCluster cluster = await LocalCluster.UpInAsync(folder, 1);
            (List<string> lost, List<string> changed) = await CompareAsync(cluster, trial.Folder == stopped ? all : allOfKilled);
            alarms.AddRange(lost.Concat(changed).Select(id => $"{trial.What}: {id}"));
        }

        Holds($"started without consent 0 of {damages.Length}", started);
        Holds($"silent losses 0 of {damages.Length}", silent);
        Holds("jobs that are left and are not what they were 0", wrong);
        Holds($"what is no damage starts and loses nothing, {nothing.Length} of {nothing.Length}", alarms);

        static bool IsTried(Trial trial) => FaultSuite.IsFull || !trial.IsFull;

        void Holds(string limit, List<string> broken) =>
            run.Holds(limit, broken.Count == 0 ? "0" : $"{broken.Count}: {string.Join("; ", broken.Take(3))}", broken.Count == 0);
    }

    /// <summary>Makes a folder with jobs of known results.</summary>
    /// <param name="root">Where.</param>
    /// <param name="name">Its name there.</param>
    /// <param name="half">Where to put a copy of the store that was made after half of the jobs, or null.</param>
    /// <param name="kill">Whether the cluster is killed while more is submitted, or else stopped in order.</param>
    /// <returns>The folder, and what was acknowledged: ids and results.</returns>
    private static async Task<(string Folder, Dictionary<string, string> Results)> MakeAsync(
        string root,
        string name,
        string? half,
        bool kill
    )
    {
        string folder = Path.Combine(root, name);
        Dictionary<string, string> results = [];
        LocalCluster cluster = await LocalCluster.UpInAsync(folder, 1);
        for (int part = 0; part < 2; part++)
        {
            ClusterConnection connection = await cluster.ConnectAsync();
            for (int i = 1; i <= Jobs / 2; i++)
            {
                int number = (part * Jobs / 2) + i;
                string id = Id(number);
                long[] numbers = [.. Enumerable.Range(number, 250).Select(n => (long)n * 1_000_003)];
                JobHandle job = await connection.Client.SubmitAsync("sum", InputOf(numbers), id: id);
                results[id] = numbers.Sum().ToString(CultureInfo.InvariantCulture);
                Assert.Equal(results[id], Encoding.UTF8.GetString((await job.ResultAsync()).Content));
            }

            if (kill && part == 1)
            {
                Task<int> more = SubmitAsync(connection.Client, results);
                await Eventually.TrueAsync(() => results.Count > Jobs + 5, what: "more submissions to be acknowledged");
                await cluster.KillAsync();
                await more;
            }

            await connection.DisposeAsync();
            if (kill && part == 1)
                return (folder, results);
            if (kill)
                continue;
            await cluster.StopAsync();
            if (part == 0)
            {
                CopyFolder(Path.Combine(folder, "store"), half!);
                File.Copy(SealOf(folder), half + ".seal");
                cluster = await LocalCluster.UpInAsync(folder, 1);
            }
        }

        return (folder, results);
    }

    // What is acknowledged before the store is gone has to be there again.
    private static async Task<int> SubmitAsync(IComputeClient client, Dictionary<string, string> results)
    {
        for (int number = Jobs + 1; ; number++)
        {
            try
            {
                using CancellationTokenSource patience = new(TimeSpan.FromSeconds(10));
                await client.SubmitAsync("sum", InputOf([number]), id: Id(number), cancellationToken: patience.Token);
                results[Id(number)] = number.ToString(CultureInfo.InvariantCulture);
            }
            catch (Exception exception) when (exception is RequestException or OperationCanceledException or ObjectDisposedException)
            {
                return number;
            }
        }
    }

    private static async Task<(List<string> Lost, List<string> Changed)> CompareAsync(
        LocalCluster cluster,
        Dictionary<string, string> results
    )
    {
        (List<string> lost, List<string> changed) = ([], []);
        await using ClusterConnection connection = await cluster.ConnectAsync();
        foreach ((string id, string expected) in results)
        {
            try
            {
                // One that goes back to an earlier state runs again, to the same end.
                JobResult result = await connection.Client.GetJob(id).ResultAsync().WaitAsync(TimeSpan.FromSeconds(60));
                if (Encoding.UTF8.GetString(result.Content) != expected)
                    changed.Add(id);
            }
            catch (RequestException exception) when (exception.Reason == ErrorReason.NotFound)
            {
                lost.Add(id);
            }
        }

        // A store that goes on takes jobs.
        JobHandle job = await connection.Client.SubmitAsync("sum", InputOf([1, 2]), id: "afterwards");
        Assert.Equal("3", Encoding.UTF8.GetString((await job.ResultAsync()).Content));
        return (lost, changed);
    }

    private static byte[] InputOf(long[] numbers) => JsonSerializer.SerializeToUtf8Bytes(new { numbers }, JsonSerializerOptions.Web);

    private static string Id(int number) => string.Create(CultureInfo.InvariantCulture, $"damage-{number:00}");

    private static async Task<(int Exit, string Error)> UpAsync(string folder)
    {
        await using RunningProgram up = RunningProgram.Start(
            Programs.Console,
            ["up", "--detach", "--silos", "1", "--port", LocalCluster.Port(), "--data", folder]
        );
        int exit = await up.ExitCodeAsync();
        if (exit == 0)
        {
            await using RunningProgram down = RunningProgram.Start(Programs.Console, ["down", "--data", folder]);
            await down.ExitCodeAsync();
        }

        return (exit, up.Error);
    }

    // The message names twenty; the log of the store names all.
    private static IEnumerable<string> ToldOf(string folder)
    {
        const string Prefix = "damage ";
        List<string> told = [];
        foreach (string line in File.ReadLines(Path.Combine(folder, "logs", "store.log")))
        {
            if (line.StartsWith("--- ", StringComparison.Ordinal))
                told.Clear();
            if (!line.StartsWith(Prefix, StringComparison.Ordinal))
                continue;
            using JsonDocument document = JsonDocument.Parse(line.AsMemory(Prefix.Length));
            told.AddRange(document.RootElement.GetProperty("lost").EnumerateArray().Select(id => id.GetString()!));
        }

        return told;
    }

    private static string Copy(Trial trial, string root)
    {
        string folder = Path.Combine(root, $"trial-{Guid.NewGuid():N}"[..14]);
        CopyFolder(trial.Folder, folder);
        trial.Apply(folder);
        return folder;
    }

    private static void CopyFolder(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (string folder in Directory.GetDirectories(from, "*", SearchOption.AllDirectories))
            Directory.CreateDirectory(Path.Combine(to, Path.GetRelativePath(from, folder)));
        foreach (
            string file in Directory
                .GetFiles(from, "*", SearchOption.AllDirectories)
                .Where(f => !f.EndsWith(".sock", StringComparison.Ordinal))
        )
            File.Copy(file, Path.Combine(to, Path.GetRelativePath(from, file)));
    }

    private static string LogOf(string folder) => Path.Combine(folder, "store", "AOF", "aof.log.0");

    private static int KeyAt(string folder, int job) =>
        File.ReadAllBytes(LogOf(folder)).AsSpan().IndexOf(Encoding.ASCII.GetBytes($"orleanswork/state/ow-job/{Id(job)}/manifest"));

    // Up to the last byte that is not zero: what follows fills the sector.
    private static long CommittedOf(string folder) => File.ReadAllBytes(LogOf(folder)).AsSpan().LastIndexOfAnyExcept((byte)0) + 1;

    private static void Flip(string folder, long at) => FlipIn(LogOf(folder), at);

    private static void FlipIn(string file, long at)
    {
        byte[] bytes = File.ReadAllBytes(file);
        bytes[at] ^= 0x10;
        File.WriteAllBytes(file, bytes);
    }

    private static void Zero(string folder, int at)
    {
        byte[] bytes = File.ReadAllBytes(LogOf(folder));
        bytes.AsSpan(at, Math.Min(PageBytes, bytes.Length - at)).Clear();
        File.WriteAllBytes(LogOf(folder), bytes);
    }

    private static void Cut(string folder, long length)
    {
        using FileStream file = new(LogOf(folder), FileMode.Open);
        file.SetLength(length);
    }

    private static void CutIn(string file, int length)
    {
        using FileStream stream = new(file, FileMode.Open);
        stream.SetLength(length);
    }

    private static string SealOf(string folder) => Path.Combine(folder, "store.seal");

    private static void Replace(string folder, string store)
    {
        Directory.Delete(Path.Combine(folder, "store"), recursive: true);
        CopyFolder(store, Path.Combine(folder, "store"));
    }

    private static void RemoveStoreAndSeal(string folder)
    {
        Directory.Delete(Path.Combine(folder, "store"), recursive: true);
        File.Delete(Path.Combine(folder, "store.seal"));
    }

    private static void RemoveNotes(string folder) =>
        Directory.Delete(Path.Combine(folder, "store", "AOF", "log-commits"), recursive: true);

    private static void AppendHalfAWrite(string folder)
    {
        byte[] half = new byte[700];
        new Random(4711).NextBytes(half);
        using FileStream file = new(LogOf(folder), FileMode.Append);
        file.Write(half);
    }

    /// <summary>A folder, and what happens to it.</summary>
    private sealed record Trial(string What, string Folder, Action<string> Apply)
    {
        /// <summary>Gets whether it is much like another, and tried by the full suite only.</summary>
        public bool IsFull { get; init; }
    }
}
