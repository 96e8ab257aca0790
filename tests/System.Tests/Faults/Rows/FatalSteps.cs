using System.Text.Json;
using OrleansWork.SystemTests.Faults.Driver;

namespace OrleansWork.SystemTests.Faults.Rows;

/// <summary>F83: kinds that end their process outside units, beside a job that does not.</summary>
internal static class FatalSteps
{
    // So many that some are left when several end within a second.
    private const int Silos = 4;
    private const int Deaths = 3;

    // Combine runs on every silo: those that are in it when the first one ends do so, too. Then it is recorded.
    private const int DeathsOfCombine = Deaths + Silos - 1;
    private static readonly TimeSpan ToEnd = TimeSpan.FromMinutes(4);

    // What Orleans says of silos that are gone and not declared dead yet, and of messages to them.
    private static readonly string[] s_ofRestarts = ["MembershipAgent", "TimeoutException"];

    public static Task CountAndListAsync(FaultRun run) =>
        RunAsync(run, (FatalStep.CountUnits, Misdeed.Exit), (FatalStep.Items, Misdeed.FailFast));

    public static Task PrepareAndCombineAsync(FaultRun run) =>
        RunAsync(run, (FatalStep.Prepare, Misdeed.Overflow), (FatalStep.Combine, Misdeed.Exit));

    public static Task FinishAndEmptyAsync(FaultRun run) =>
        RunAsync(run, (FatalStep.Finish, Misdeed.Exit), (FatalStep.Empty, Misdeed.FailFast));

    private static async Task RunAsync(FaultRun run, params (FatalStep Step, Misdeed How)[] steps)
    {
        run.ExpectedErrors.AddRange(s_ofRestarts);
        SupervisedCluster cluster = await run.SupervisedAsync(Silos, ["--slots", "2"]);
        await run.SubmitAsync(cluster, units: 900, milliseconds: 60);
        foreach ((FatalStep step, Misdeed how) in steps)
        {
            await cluster.AllRunAsync(Silos);
            int before = cluster.Ends.Count;
            int code = Misdeeds.CodeOf(how);
            byte[] input = JsonSerializer.SerializeToUtf8Bytes(new FatalWork.Input(step, how), OrleansWorkJson.Payloads);
            string kind = step == FatalStep.Items ? "fatal-items" : "fatal";
            string id = $"{kind}-{step}".ToLowerInvariant();
            JobHandle job = await run.History.DoAsync($"submit {id}", () => cluster.Client.SubmitAsync(kind, input, new JobOptions(), id));
            JobStatus ended = await run.EndedAsync(job, ToEnd);
            string says = step == FatalStep.Empty ? nameof(FatalStep.Finish) : step.ToString();
            string message = ended.Error?.Message ?? "";
            bool names = ended.Error is { Type: "PoisonStep", Unit: null } && message.Contains(says, StringComparison.Ordinal);
            run.Holds($"{step}, {how}: the job fails and names the step", $"{ended.State}, {ended.Error?.Type}: {message}", names);

            // Others may have ended because they could not join while those did, or were taken for dead.
            SiloEnd[] ends = [.. cluster.Ends.Skip(before)];
            run.History.Note($"ended: {string.Join(", ", ends.Select(end => $"silo {end.Silo} pid {end.Pid} code {end.ExitCode}"))}");
            run.Measured(
                $"{step}, {how}: processes that it ended",
                ends.Count(end => end.ExitCode == code),
                step == FatalStep.Combine ? DeathsOfCombine : Deaths,
                ""
            );
        }

        await run.CheckAsync(ceiling: TimeSpan.FromMinutes(5));
        await cluster.AllRunAsync(Silos);
    }
}
