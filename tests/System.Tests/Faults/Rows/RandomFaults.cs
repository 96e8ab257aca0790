using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using OrleansWork.SystemTests.Faults.Driver;
using OrleansWork.SystemTests.Processes;

namespace OrleansWork.SystemTests.Faults.Rows;

/// <summary>F84: silos and the store are killed and frozen at random beside jobs of four kinds, one of which has units so long that its lone canaries are hit.</summary>
/// <remarks>For 75 seconds, and with <c>ORLEANSWORK_FAULT_TESTS=full</c> for a quarter of an hour. <c>ORLEANSWORK_FAULT_SEED</c> chooses other moments. Jobs come
/// when a dozen silos have ended, however long that takes on the machine: until then three deaths or few more decide, and chance may give a unit up
/// (docs/decisions/0009-canaries.md).</remarks>
internal static class RandomFaults
{
    private const int Silos = 4;
    private const int DefaultSeed = 84;
    private const int MostDescriptors = 600;
    private const int MostMegabytes = 700;
    private const int KillsBeforeJobs = 12;
    private static readonly TimeSpan ToKill = TimeSpan.FromMinutes(4);
    private static readonly TimeSpan Lasts = TimeSpan.FromSeconds(75);
    private static readonly TimeSpan LastsFull = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan ToEnd = TimeSpan.FromMinutes(4);

    // What silos say of each other and of the store while either is gone.
    private static readonly string[] s_expected = ["Orleans.", "Redis", "TimeoutException", "OrleansWork.Engine.Storage", "Isolation"];

    // Quick units on all slots, long ones, ones that wait, and items.
    private static readonly (string Kind, string Input, string Result)[] s_kinds =
    [
        ("primes", """{"to":1000000,"block":10000}""", "78498"),
        ("wait", """{"units":200,"microseconds":100000}""", """{"units":200,"checksum":19900}"""),
        ("number-items", """{"below":5000}""", "12497500"),
    ];

    public static async Task KillsAndFreezesAsync(FaultRun run)
    {
        run.ExpectedErrors.AddRange(s_expected);
        int seed = int.Parse(
            Environment.GetEnvironmentVariable("ORLEANSWORK_FAULT_SEED") ?? $"{DefaultSeed}",
            CultureInfo.InvariantCulture
        );
        SupervisedCluster cluster = await run.SupervisedAsync(Silos, ["--slots", "2"]);
        using CancellationTokenSource over = new();
        ConcurrentQueue<(JobHandle Job, string Result)> ended = [];
        Random random = new(seed);
        await KillAsync(run, cluster, random);
        over.CancelAfter(FaultSuite.IsFull ? LastsFull : Lasts);
        Task<(int Kills, int Freezes)> disturbing = DisturbAsync(run, cluster, random, over.Token);
        await Task.WhenAll([
            LongUnitsAsync(run, cluster, over.Token),
            .. s_kinds.Select(kind => SubmitAsync(run, cluster, kind.Kind, kind.Input, kind.Result, ended, over.Token)),
        ]);
        (int kills, int freezes) = await disturbing;
        await cluster.AllRunAsync(Silos);

        foreach ((JobHandle job, string result) in ended)
        {
            JobResult came = await job.ResultAsync();
            Assert.Equal(result, Encoding.UTF8.GetString(came.Content));
        }

        run.Noted("seed, kills, freezes", string.Create(CultureInfo.InvariantCulture, $"{seed}, {kills}, {freezes}"));
        run.Holds("jobs of three other kinds, exact", $"{ended.Count} of {ended.Count}", !ended.IsEmpty);
        await run.CheckAsync(ceiling: ToEnd);
        int[] pids = [.. cluster.Silos.Select(silo => silo.Pid), cluster.Store.Pid];
        run.Measured("descriptors of a silo or the store at the end", pids.Max(Processes.Descriptors), MostDescriptors, "");
        run.Measured("memory of a silo or the store at the end", pids.Max(ProcessTable.ResidentBytes) / 1e6, MostMegabytes, "MB");
    }

    /// <summary>Kills silos until as many have ended as tell the cluster that somebody ends them.</summary>
    private static async Task KillAsync(FaultRun run, SupervisedCluster cluster, Random random)
    {
        using CancellationTokenSource late = new(ToKill);
        for (int kills = 0; kills < KillsBeforeJobs; )
        {
            Assert.False(late.IsCancellationRequested, $"Only {kills} silos could be killed in {ToKill.TotalSeconds:0} s.");
            // One that its coordinators have seen, so that they hear of its end.
            ClusterFileProcess? victim = cluster.Silos.ElementAtOrDefault(random.Next(Silos));
            if (victim is not null && Processes.TrySignal(victim.Pid, Signals.Kill))
            {
                run.History.Note($"kill -9 {victim.Role} {victim.Silo} pid {victim.Pid} before any job");
                kills++;
            }

            await Task.WhenAny(Task.Delay(TimeSpan.FromSeconds(1.5 + (2 * random.NextDouble())), late.Token));
        }
    }

    /// <summary>Kills and freezes until time is over; then nothing is frozen any more.</summary>
    private static async Task<(int Kills, int Freezes)> DisturbAsync(
        FaultRun run,
        SupervisedCluster cluster,
        Random random,
        CancellationToken over
    )
    {
        (int kills, int freezes) = (0, 0);
        while (!over.IsCancellationRequested)
        {
            int chance = random.Next(100);
            int which = random.Next(Silos);
            TimeSpan lasts = TimeSpan.FromSeconds(0.3 + (3.5 * random.NextDouble()));
            TimeSpan pause = TimeSpan.FromSeconds(1.5 + (4 * random.NextDouble()));
            IReadOnlyList<ClusterFileProcess> silos = cluster.Silos;
            ClusterFileProcess? victim =
                chance < 80 ? silos.ElementAtOrDefault(which)
                : cluster.HasStore ? cluster.Store
                : null;
            bool kill = chance is < 55 or >= 90;
            if (victim is not null && Processes.TrySignal(victim.Pid, kill ? Signals.Kill : Signals.Stop))
            {
                run.History.Note($"{(kill ? "kill -9" : "freeze")} {victim.Role} {victim.Silo} pid {victim.Pid}");
                (kills, freezes) = kill ? (kills + 1, freezes) : (kills, freezes + 1);
                if (!kill)
                {
                    await Task.Delay(lasts, CancellationToken.None);
                    Processes.TrySignal(victim.Pid, Signals.Continue);
                }
            }

            await Task.WhenAny(Task.Delay(pause, over));
        }

        return (kills, freezes);
    }

    private static async Task LongUnitsAsync(FaultRun run, SupervisedCluster cluster, CancellationToken over)
    {
        while (!over.IsCancellationRequested)
        {
            if (await run.TrySubmitAsync(cluster, units: 24, milliseconds: 1_500) is { } job)
                await run.EndedAsync(job.Handle, ToEnd);
        }
    }

    private static async Task SubmitAsync(
        FaultRun run,
        SupervisedCluster cluster,
        string kind,
        string input,
        string result,
        ConcurrentQueue<(JobHandle, string)> ended,
        CancellationToken over
    )
    {
        for (int number = 1; !over.IsCancellationRequested; number++)
        {
            string id = $"{kind}-{number}";
            JobHandle? job = null;
            while (job is null && !over.IsCancellationRequested)
                job = await run.History.TryAsync(
                    $"submit {id}",
                    () => cluster.Client.SubmitAsync(kind, Encoding.UTF8.GetBytes(input), new JobOptions(), id, CancellationToken.None)
                );
            if (job is null)
                return;
            JobStatus status = await run.EndedAsync(job, ToEnd);
            Assert.True(status.State == JobState.Succeeded, $"Job {id}: {status.State}, {status.Error}{Environment.NewLine}{run.Story()}");
            ended.Enqueue((job, result));
        }
    }

    private static class Processes
    {
        public static bool TrySignal(int pid, int signal)
        {
            try
            {
                Signals.Send(pid, signal);
                return true;
            }
            catch (System.ComponentModel.Win32Exception)
            {
                // It has ended meanwhile.
                return false;
            }
        }

        public static double Descriptors(int pid) => Directory.GetFileSystemEntries($"/proc/{pid}/fd").Length;
    }
}
