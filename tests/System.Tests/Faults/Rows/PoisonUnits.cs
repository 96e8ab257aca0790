using OrleansWork.SystemTests.Faults.Driver;
using OrleansWork.SystemTests.Processes;

namespace OrleansWork.SystemTests.Faults.Rows;

/// <summary>F54: units that end their process, under the console's supervisor.</summary>
internal static class PoisonUnits
{
    private const int Silos = 3;
    private const int Deaths = 3;
    private const long Poison = 30;

    // What Orleans says of silos that are gone and not declared dead yet, and of messages to them.
    private static readonly string[] s_ofRestarts = ["MembershipAgent", "TimeoutException"];

    public static Task OverflowAndExitAsync(FaultRun run) => RunAsync(run, Misdeed.Overflow, Misdeed.Exit);

    public static Task ThreadAndAsyncVoidAsync(FaultRun run) => RunAsync(run, Misdeed.ThreadThrows, Misdeed.AsyncVoidThrows);

    private static async Task RunAsync(FaultRun run, Misdeed fails, Misdeed skips)
    {
        run.ExpectedErrors.AddRange(s_ofRestarts);
        SupervisedCluster cluster = await run.SupervisedAsync(Silos, ["--slots", "2"]);
        await run.SubmitAsync(cluster, units: 700, milliseconds: 60);
        List<UnitRun> fatal = [];
        await TryAsync(fails, new JobOptions());
        await TryAsync(skips, new JobOptions { OnUnitFailure = OnUnitFailure.Skip });
        await run.CheckAsync();
        await cluster.AllRunAsync(Silos);
        int[] innocent = [.. cluster.Ends.Select(e => e.Pid).Except(fatal.Select(e => e.Pid))];
        run.Holds("silos that ended without such a unit 0", $"{innocent.Length} of {cluster.Ends.Count}", innocent.Length == 0);

        async Task TryAsync(Misdeed misdeed, JobOptions options)
        {
            await run.SubmitAsync(cluster, units: 150, milliseconds: 40);
            RecordedJob bad = await run.SubmitBadAsync(cluster, misdeed, [Poison], units: 60, milliseconds: 20, options);
            JobStatus ended;
            if (options.OnUnitFailure == OnUnitFailure.Skip)
            {
                ended = await bad.CheckSkippedAsync();
                UnitFailure failure = ended.Failures.Single(f => f.Unit == Poison);
                run.Holds($"{misdeed}: skipped", $"coverage {ended.Coverage:0.000}, {failure.Type}", failure.Type == "PoisonUnit");
            }
            else
            {
                ended = await bad.EndAsync();
                string message = ended.Error?.Message ?? "";
                bool tells = ended.Error is { Type: "PoisonUnit", Unit: Poison } && message.Contains("retry", StringComparison.Ordinal);
                run.Holds($"{misdeed}: the job fails, names the unit and what to do", $"{ended.State}, unit {ended.Error?.Unit}", tells);
            }

            UnitRun[] runs = [.. bad.Executions().Where(e => e.Unit == Poison)];
            fatal.AddRange(runs);
            run.Measured($"{misdeed}: processes that it ended", runs.Length, Deaths, "");
        }
    }
}
