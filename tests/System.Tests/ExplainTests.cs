using System.Diagnostics;
using System.Globalization;
using System.Runtime.Versioning;
using System.Text;
using OrleansWork.SystemTests.Faults;
using OrleansWork.SystemTests.Processes;

namespace OrleansWork.SystemTests;

/// <summary>What waits says the one true cause, by HTTP, from a cluster of processes; and how long an explanation takes.</summary>
[SupportedOSPlatform("linux")]
public sealed class ExplainTests
{
    // With two silos one job at a time in each of the catalogue's parts.
    private const int RunningJobsPerSilo = 16;
    private const int JobsForOneToWait = 40;
    private const int Repeats = 20;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private readonly List<(string What, double[] Milliseconds)> _took = [];

    [SlowFact]
    public async Task WhatWaits_SaysTheTrueCause_InUnder100Milliseconds()
    {
        const string Nowhere = "kind-nowhere";
        await using LocalCluster cluster = await LocalCluster.UpAsync(
            2,
            ["--slots", "2", "--jobs", typeof(RecordedWork).Assembly.Location],
            [("OrleansWork__Coordinator__MaxRunningJobsPerSilo", $"{RunningJobsPerSilo}")]
        );
        using (HttpComputeClient client = cluster.Description().HttpClient())
        {
            await FullPausedAndQueuedAsync(client);
            await LabelAndBackingOffAsync(client);

            JobHandle recorded = await client.SubmitAsync(
                RecordedWork.Kind,
                new RecordedWork.Input("", Units: 10_000, Milliseconds: 50),
                id: Nowhere,
                cancellationToken: Token
            );
            JobExplanation past = await UntilAsync(
                recorded,
                0,
                explanation => explanation.Lease?.Outcome == LeaseState.Committed,
                "a past unit of a running job"
            );
            Assert.NotNull(past.Placement);
            Assert.Null(past.WaitingFor);
            await UntilAsync(recorded, null, explanation => explanation.State == JobState.Running, "a running job");
        }

        await cluster.StopAsync();
        await using LocalCluster again = await LocalCluster.UpInAsync(cluster.Directory, 2, "--slots", "2");
        using HttpComputeClient without = again.Description().HttpClient();
        await WaitsForAsync(without.GetJob(Nowhere), 9_999, "no-kind", "No silo has kind recorded version 1 at present.");

        Figures.Say(
            string.Join(
                Environment.NewLine,
                _took.Select(row =>
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"explain, {row.What}: first {row.Milliseconds[0]:0.0} ms, half within {row.Milliseconds.Order().ElementAt(row.Milliseconds.Length / 2):0.0} ms, slowest {row.Milliseconds.Max():0.0} ms"
                    )
                )
            )
        );
        Assert.All(_took, row => Assert.InRange(row.Milliseconds.Order().ElementAt(row.Milliseconds.Length / 2), 0, 100));
    }

    private async Task FullPausedAndQueuedAsync(HttpComputeClient client)
    {
        JobHandle full = await LongAsync(client, new JobOptions());
        await WaitsForAsync(full, 99_999, "no-room", "no silo has room for another lease of it: ");
        await full.PauseAsync(Token);
        await WaitsForAsync(full, 99_999, "paused", "the job is paused: nothing is leased until it is resumed");
        await full.CancelAsync(cancellationToken: Token);

        List<JobHandle> jobs = [];
        for (int i = 0; i < JobsForOneToWait; i++)
            jobs.Add(await LongAsync(client, new JobOptions { Priority = 1 }));
        JobHandle? last = null;
        foreach (JobHandle job in jobs)
        {
            if ((await job.GetStatusAsync(Token)).State == JobState.Queued)
                last = job;
        }

        Assert.NotNull(last);
        JobHandle behind = last;
        JobExplanation waits = await UntilAsync(behind, null, why => why.WaitingFor?.Code == "queued", "queued behind others");
        Assert.Matches(
            "^(next to start|queued behind [0-9]+ jobs?) in its part of the catalogue, where 1 job of 1 that may runs \\(MaxRunningJobsPerSilo\\)",
            waits.WaitingFor!.Text
        );
        await Task.WhenAll(jobs.Select(job => job.CancelAsync(cancellationToken: Token)));
    }

    private async Task LabelAndBackingOffAsync(HttpComputeClient client)
    {
        JobHandle labelled = await LongAsync(client, new JobOptions { Require = ["gpu"] });
        await WaitsForAsync(labelled, 3, "no-label", "waits for a silo with label gpu; none of 2 silos has it");
        await labelled.CancelAsync(cancellationToken: Token);

        JobHandle failing = await client.SubmitAsync(
            "synthetic",
            """{"units":40,"microseconds":200000,"mode":"sleep","failUnits":[0],"failTimes":9}"""u8.ToArray(),
            new JobOptions { MaxAttempts = 10, ChunkUnits = 1 },
            cancellationToken: Token
        );
        await WaitsForAsync(failing, 0, "backs-off", "it failed and is tried again (attempt ");
        await failing.CancelAsync(cancellationToken: Token);
    }

    private async Task WaitsForAsync(JobHandle job, long unit, string code, string text)
    {
        JobExplanation found = await UntilAsync(job, unit, why => why.WaitingFor?.Code == code, code);
        Assert.StartsWith(text, found.WaitingFor!.Text, StringComparison.Ordinal);
    }

    /// <summary>Asks until the explanation is the one that is waited for, then again and again to see how long it takes.</summary>
    private async Task<JobExplanation> UntilAsync(JobHandle job, long? unit, Func<JobExplanation, bool> isIt, string what)
    {
        List<double> took = [];
        JobExplanation? last = null;
        JobExplanation found = await Eventually.NotNullAsync(
            async () =>
            {
                last = await TimedAsync();
                return isIt(last) ? last : null;
            },
            () => $"{what}: {last?.WaitingFor}"
        );
        while (took.Count < Repeats)
            await TimedAsync();
        _took.Add((what, [.. took]));
        return found;

        async Task<JobExplanation> TimedAsync()
        {
            long started = Stopwatch.GetTimestamp();
            JobExplanation why = await job.ExplainAsync(unit, Token);
            took.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            return why;
        }
    }

    private static Task<JobHandle> LongAsync(HttpComputeClient client, JobOptions options) =>
        client.SubmitAsync(
            "synthetic",
            """{"units":100000,"microseconds":20000,"mode":"sleep"}"""u8.ToArray(),
            options,
            cancellationToken: Token
        );
}
