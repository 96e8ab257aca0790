using OrleansWork.SystemTests.Faults.Driver;
using OrleansWork.SystemTests.Processes;

namespace OrleansWork.SystemTests.Faults.Rows;

/// <summary>Units that fail, hang, or never end.</summary>
internal static class BadUnits
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Late = TimeSpan.FromSeconds(1);

    // How long a unit may ignore its cancellation (SlotLostAfter).
    private static readonly TimeSpan Ignored = TimeSpan.FromSeconds(10);

    // The supervisor starts it at once; the rest is a start on a busy machine.
    private static readonly TimeSpan Restart = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Drain = TimeSpan.FromSeconds(10);

    /// <summary>F51: one unit throws on every attempt.</summary>
    public static async Task ThrowsAsync(FaultRun run)
    {
        const int Attempts = 3;
        FaultCluster cluster = await run.ClusterAsync(2);
        RecordedJob other = await run.SubmitAsync(cluster, units: 200, milliseconds: 30);
        RecordedJob bad = await run.SubmitBadAsync(cluster, Misdeed.Throw, [20], units: 40, milliseconds: 20);
        JobStatus failed = await bad.EndAsync();
        RecordedJob skips = await run.SubmitBadAsync(
            cluster,
            Misdeed.Throw,
            [0, 20, 39],
            units: 40,
            milliseconds: 20,
            new JobOptions { OnUnitFailure = OnUnitFailure.Skip }
        );
        await skips.CheckSkippedAsync();
        await run.CheckAsync();

        UnitRun[] runs = [.. bad.Executions().Where(e => e.Unit == 20)];
        run.Holds(
            $"executions of the unit {Attempts}, numbered",
            string.Join(", ", runs.Select(e => e.Attempt)),
            runs.Select(e => e.Attempt).SequenceEqual([1, 2, 3])
        );
        JobError? error = failed.Error;
        run.Holds(
            "the job fails with the unit's type",
            $"{failed.State}, {error?.Type}",
            error?.Type == "System.InvalidOperationException"
        );
        run.Holds(
            "… its message",
            error is null ? "" : $"unit {error.Unit}",
            error?.Message.Contains("is bad", StringComparison.Ordinal) == true
        );
        run.Holds("… its stack", FirstLine(error?.Stack), error?.Stack?.Contains("Misdeeds.Commit", StringComparison.Ordinal) == true);
        long most = skips.Executions().GroupBy(e => e.Unit).Max(e => e.Count());
        run.Measured("executions of any unit of a job that skips", most, Attempts, "");
        JobStatus undisturbed = await other.Handle.GetStatusAsync();
        run.Measured("failures of the other job", undisturbed.Failures.Count, 0, "");
    }

    /// <summary>F52: units hang until their time-out cancels them.</summary>
    public static async Task HangsAsync(FaultRun run)
    {
        FaultCluster cluster = await run.ClusterAsync(2, new SiloSetup { Slots = 1 });
        await run.SubmitAsync(cluster, units: 150, milliseconds: 30);
        RecordedJob bad = await run.SubmitBadAsync(
            cluster,
            Misdeed.Hang,
            [0, 20],
            units: 40,
            milliseconds: 20,
            new JobOptions
            {
                UnitTimeout = Timeout,
                MaxAttempts = 2,
                OnUnitFailure = OnUnitFailure.Skip,
                Speculation = false,
            }
        );
        JobStatus ended = await bad.CheckSkippedAsync();
        await run.CheckAsync();

        IReadOnlyList<UnitRun> all = [.. run.Jobs.Append(bad).SelectMany(j => j.Executions()).OrderBy(e => e.Begun)];
        UnitRun[] hung = [.. bad.Executions().Where(e => bad.Input.Bad!.Contains(e.Unit))];
        run.Holds("executions of two units, two attempts each 4", $"{hung.Length}", hung.Length == 4);
        run.Measured("a hanging unit ends", hung.Max(e => e.Failed - e.Begun) ?? TimeSpan.MaxValue, Timeout + Late);

        // With one slot a silo begins nothing else until the slot is free.
        TimeSpan freed = hung.Max(e => all.First(o => o.Pid == e.Pid && o.Begun > e.Begun).Begun - e.Begun);
        run.Measured("… and its slot runs another unit", freed, Timeout + Late);
        string[] types = [.. ended.Failures.Select(f => f.Type).Distinct()];
        run.Holds("the failures are time-outs", string.Join(", ", types), types is ["System.TimeoutException"]);
    }

    /// <summary>F53: units that ignore their time-out; with more of them than slots are replaced a silo starts anew.</summary>
    public static async Task LoopsAsync(FaultRun run)
    {
        const int Slots = 3;
        const int Replaced = 2;
        run.ExpectedErrors.Add("slots are lost to units that ignore their cancellation");
        SupervisedCluster cluster = await run.SupervisedAsync(
            3,
            ["--slots", $"{Slots}", "--label", "1:bad=yes"],
            ("OrleansWork__MaxLostSlots", $"{Replaced}")
        );
        JobOptions there = new()
        {
            UnitTimeout = Timeout,
            MaxAttempts = 1,
            OnUnitFailure = OnUnitFailure.Skip,
            Speculation = false,
            ChunkUnits = 1,
            Require = ["bad"],
        };
        RecordedJob first = await run.SubmitBadAsync(cluster, Misdeed.Loop, [0, 1], units: 3, milliseconds: 10, there);
        await first.BegunAsync(2);
        RecordedJob beside = await run.SubmitAsync(
            cluster,
            units: 450,
            milliseconds: 60,
            new JobOptions { Require = ["bad"], ChunkUnits = 1 }
        );
        await run.SubmitAsync(cluster, units: 900, milliseconds: 60);

        // The third one takes the last slot for some seconds, and is lost some seconds after the others.
        await beside.BegunAsync(10);
        RecordedJob last = await run.SubmitBadAsync(cluster, Misdeed.Loop, [0], units: 2, milliseconds: 10, there);
        await Eventually.TrueAsync(() => last.Executions().Any(e => e.Unit == 0), () => run.Story(), what: "the third unit to begin");
        UnitRun lost = first.Executions().Where(e => e.Unit < 2).MinBy(e => e.Begun)!;
        UnitRun third = last.Executions().Single(e => e.Unit == 0);
        await Eventually.TrueAsync(() => cluster.Ends.Count > 0, () => run.Story(), what: "the end of the silo that lost its slots");
        DateTimeOffset ended = TimeProvider.System.GetUtcNow();
        await first.CheckSkippedAsync();
        await last.CheckSkippedAsync();
        await run.CheckAsync();

        IReadOnlyList<UnitRun> runs = beside.Executions();
        TimeSpan margin = TimeSpan.FromSeconds(0.5);
        UnitRun? back = runs.FirstOrDefault(e => e.Pid == lost.Pid && e.Begun > third.Begun + margin);
        run.Measured("slots lost and replaced", (back?.Begun ?? DateTimeOffset.MaxValue) - lost.Begun, Timeout + Ignored + Late);
        run.Holds(
            "… while nothing ran there before",
            $"{runs.Count(e => e.Pid == lost.Pid && e.Begun > third.Begun + margin)} units after",
            back is not null
        );
        run.Measured("with one too many the silo ends", ended - third.Begun, Timeout + Ignored + Drain + Late);
        run.Holds(
            "only that one, with exit code 6",
            string.Join(", ", cluster.Ends.Select(e => $"silo {e.Silo}: {e.ExitCode}")),
            cluster.Ends is [{ Silo: 1, ExitCode: 6 }]
        );
        UnitRun? again = runs.FirstOrDefault(e => e.Pid != lost.Pid);
        run.Measured("its successor runs units", (again?.Begun ?? DateTimeOffset.MaxValue) - ended, Restart);
    }

    private static string FirstLine(string? text) =>
        (text ?? "none").Split('\n')[0].Trim() is { Length: > 60 } line ? line[..60] + "…" : text ?? "none";
}
