using System.Diagnostics;
using OrleansWork.SystemTests.Faults.Driver;

namespace OrleansWork.SystemTests.Faults.Rows;

/// <summary>Silos that are slow and not gone.</summary>
internal static class StarvedSilos
{
    // A tenth of a second of a free processor.
    private const long Steps = 60_000_000;
    private const long Units = 100;

    /// <summary>F12: one of three silos gets a tenth of a processor.</summary>
    public static async Task QuotaAsync(FaultRun run)
    {
        FaultCluster cluster = await run.ClusterAsync(3);
        await TimeAsync();
        TimeSpan undisturbed = await TimeAsync();
        SiloProcess victim = cluster.Silos[^1];
        ProcessorQuota? quota = null;
        run.Inject($"silo {victim.Number} gets a tenth of a processor", () => quota = ProcessorQuota.Of(victim.Pid, 0.1));
        TimeSpan starved;
        using (quota)
            starved = await TimeAsync();
        await run.CheckAsync();
        await cluster.AllKnowEachOtherAsync();
        run.Holds("silos evicted 0", "0 of 3", cluster.Silos.All(s => s.IsRunning));
        run.Measured($"{Units} units that compute; twice the {undisturbed.TotalSeconds:0.0} s undisturbed", starved, undisturbed * 2);

        async Task<TimeSpan> TimeAsync()
        {
            long started = Stopwatch.GetTimestamp();
            RecordedJob job = await run.SubmitAsync(cluster, Units, milliseconds: 0, steps: Steps);
            await job.EndAsync();
            return Stopwatch.GetElapsedTime(started);
        }
    }
}
