using System.Text.Json;
using OrleansWork.SystemTests.Faults.Driver;
using OrleansWork.SystemTests.Processes;

namespace OrleansWork.SystemTests.Faults.Rows;

/// <summary>F63: two versions of the product side by side, rolled forward and back under load.</summary>
internal static class Versions
{
    private const int Slots = 4;

    public static async Task RolledAsync(FaultRun run)
    {
        await NextVersion.BuildAsync();
        SiloSetup present = new() { Slots = Slots };

        // It keeps the present version of the kind for the jobs that have it.
        SiloSetup next = present with
        {
            Program = NextVersion.Silo,
            Jobs = [.. present.Jobs, NextVersion.Kinds],
        };
        FaultCluster cluster = await run.ClusterAsync(2, present);

        // For longer than two silos take to be replaced, on a busy machine as well.
        RecordedJob before = await run.SubmitAsync(cluster, units: 4_000, milliseconds: 60, new JobOptions { ChunkUnits = 1 });
        await before.DoneAsync(20);
        using CancellationTokenSource ending = new();
        Task<int> others = SubmitOthersAsync(run, cluster, ending.Token);
        List<int> codes = [];
        HashSet<int> pidsOfNext = [];
        List<RecordedJob> newer = [];
        foreach (SiloProcess silo in cluster.Silos)
        {
            await ReplaceAsync(silo, next);
            pidsOfNext.Add(silo.Pid);
            newer.Add(await run.SubmitAsync(cluster, units: 60, milliseconds: 40));
            await newer[^1].EndAsync();
        }

        long doneByNext = (await before.Handle.GetStatusAsync()).Units.Done;
        foreach (SiloProcess silo in cluster.Silos)
            await ReplaceAsync(silo, present);
        RecordedJob after = await run.SubmitAsync(cluster, units: 60, milliseconds: 40);
        await ending.CancelAsync();
        int count = await others;
        await run.CheckAsync();

        int[] versions = [.. await Task.WhenAll(newer.Select(VersionAsync))];
        run.Holds("new jobs have the newest version 2, 2", string.Join(", ", versions), versions.All(v => v == 2));
        int strayed = newer.SelectMany(j => j.Executions()).Count(e => !pidsOfNext.Contains(e.Pid));
        run.Measured("their units on silos that have not that version", strayed, 0, "");
        run.Holds("after the way back new jobs have version 1", $"{await VersionAsync(after)}", await VersionAsync(after) == 1);
        UnitRun[] runs = [.. before.Executions()];
        int byNext = runs.Count(e => pidsOfNext.Contains(e.Pid));
        run.Holds(
            "a job of version 1 ran under both builds",
            $"{runs.Length - byNext} and {byNext} units, {doneByNext} done before the way back",
            byNext > 0 && byNext < runs.Length && doneByNext < before.Input.Units
        );
        run.Holds("records of the next build were stored", "found in the store", StoreHasMark(cluster));
        int errors = run.History.Operations.Count(o => o.Outcome != OperationOutcome.Ok);
        run.Measured($"errors that clients saw, {count} jobs of a ready-made kind beside", errors, 0, "");
        run.Holds("exit codes 0", string.Join(", ", codes), codes.TrueForAll(c => c == 0));

        async Task ReplaceAsync(SiloProcess silo, SiloSetup setup)
        {
            run.Inject(
                $"SIGTERM silo {silo.Number}, to be started as {(setup == next ? "the next" : "the present")} build",
                silo.Terminate
            );
            codes.Add((await run.ExitAsync(silo, TimeSpan.FromSeconds(30))).ExitCode);
            silo.Setup = setup;
            await silo.StartAsync();
            await cluster.AllKnowEachOtherAsync();
        }
    }

    private static async Task<int> VersionAsync(RecordedJob job) => (await job.Handle.GetStatusAsync()).Version;

    /// <summary>Submits one small job after the other; each must come to what it must.</summary>
    private static async Task<int> SubmitOthersAsync(FaultRun run, FaultCluster cluster, CancellationToken ending)
    {
        int count = 0;
        while (!ending.IsCancellationRequested)
        {
            JobResult result = await run.History.DoAsync(
                "a job of a ready-made kind",
                async () =>
                {
                    byte[] input = """{"units":40,"microseconds":10000,"mode":"sleep"}"""u8.ToArray();
                    JobHandle job = await cluster.Client.SubmitAsync("synthetic", input, cancellationToken: CancellationToken.None);
                    return await job.ResultAsync(CancellationToken.None);
                }
            );
            Assert.Equal(40 * 39 / 2, JsonDocument.Parse(result.Content).RootElement.GetProperty("checksum").GetInt32());
            count++;
        }

        return count;
    }

    private static bool StoreHasMark(FaultCluster cluster) =>
        Directory
            .EnumerateFiles(Path.Combine(cluster.Directory, "store"), "*", SearchOption.AllDirectories)
            .Any(file =>
            {
                using FileStream stream = new(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
                using MemoryStream copy = new();
                stream.CopyTo(copy);
                return copy.GetBuffer().AsSpan(0, (int)copy.Length).IndexOf(NextVersion.StoredMark) >= 0;
            });
}
