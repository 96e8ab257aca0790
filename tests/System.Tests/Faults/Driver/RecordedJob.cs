using System.Globalization;
using System.Text;
using OrleansWork.SystemTests.Processes;
using OrleansWork.Testing;

namespace OrleansWork.SystemTests.Faults.Driver;

/// <summary>An acknowledged job of <see cref="RecordedWork"/> with what it must come to.</summary>
internal sealed class RecordedJob(FaultRun run, JobHandle submitted, RecordedWork.Input input, byte[] reference)
{
    public string Id { get; } = submitted.Id;

    public JobHandle Handle { get; private set; } = submitted;

    public RecordedWork.Input Input => input;

    /// <summary>Gets the result that an undisturbed run has, as it is stored.</summary>
    public byte[] Reference => reference;

    /// <summary>Makes the bytes that an undisturbed run has as its result.</summary>
    public static async Task<byte[]> ReferenceAsync(long units)
    {
        RecordedWork.Result result = await LocalRunner.RunAsync(new RecordedWork(), new RecordedWork.Input("", units, 0));
        return System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(result, OrleansWorkJson.Payloads);
    }

    /// <summary>Asks through another client from now on.</summary>
    public void Through(IComputeClient client) => Handle = client.GetJob(Id);

    public IReadOnlyList<UnitRun> Executions() => UnitRun.Read(input.Folder);

    /// <summary>Waits until as many units have been begun, by what the processes wrote down.</summary>
    public Task BegunAsync(long units) =>
        Eventually.TrueAsync(
            () => Executions().Select(e => e.Unit).Distinct().Count() >= units,
            () => $"{Executions().Count} executions of {Id} so far.",
            what: $"{units} units of {Id} to begin"
        );

    /// <summary>Waits until as many units are counted.</summary>
    public async Task<JobStatus> DoneAsync(long units)
    {
        JobStatus? last = null;
        return await Eventually.NotNullAsync(
            async () => (last = await Handle.GetStatusAsync()).Units.Done >= units ? last : null,
            () => Describe(last),
            what: $"{units} units of {Id} to be counted"
        );
    }

    /// <summary>Waits for the end of the job.</summary>
    public Task<JobStatus> EndAsync(TimeSpan? ceiling = null) =>
        run.History.DoAsync(
            $"end of {Id}",
            async () =>
            {
                JobStatus? last = null;
                using CancellationTokenSource bound = new(ceiling ?? TimeSpan.FromSeconds(120));
                try
                {
                    await foreach (JobStatus status in Handle.WatchAsync(bound.Token))
                        last = status;
                }
                catch (OperationCanceledException exception)
                {
                    throw new TimeoutException($"Job {Id} did not end. {Describe(last)}", exception);
                }

                return last!;
            }
        );

    /// <summary>Waits for the end and checks all that a job promises.</summary>
    /// <param name="retries">How many executions may have failed and been tried again.</param>
    /// <param name="ceiling">How long to wait for the end.</param>
    /// <returns>Its last status.</returns>
    public async Task<JobStatus> CheckAsync(long retries = 0, TimeSpan? ceiling = null)
    {
        JobStatus job = await EndAsync(ceiling);
        Assert.True(job.State == JobState.Succeeded, Describe(job));
        JobResult result = await run.History.DoAsync($"result of {Id}", () => Handle.ResultAsync());
        Assert.Equal(Encoding.UTF8.GetString(reference), Encoding.UTF8.GetString(result.Content));
        Assert.True(job.Units.Done == input.Units && job.Units.Failed == 0, Describe(job));

        // Units counted by silo add up to all: none is counted twice, none is missing.
        Assert.True(job.Silos.Sum(s => s.Units) == input.Units, Describe(job));
        Assert.True(job.Attempts <= job.Units.Done + job.Units.Wasted + retries, Describe(job));
        if (input.Folder.Length > 0)
            Assert.Equal(input.Units, Executions().Where(e => e.Ended is not null).Select(e => e.Unit).Distinct().Count());
        return job;
    }

    /// <summary>Waits for the end of a job that goes on without its bad units, and checks that just those are missing.</summary>
    public async Task<JobStatus> CheckSkippedAsync(TimeSpan? ceiling = null)
    {
        JobStatus job = await EndAsync(ceiling);
        Assert.True(job.State == JobState.Succeeded, Describe(job));
        JobResult result = await run.History.DoAsync($"result of {Id}", () => Handle.ResultAsync());
        RecordedWork.Result came = System.Text.Json.JsonSerializer.Deserialize<RecordedWork.Result>(
            result.Content,
            OrleansWorkJson.Payloads
        )!;
        long[] bad = [.. input.Bad!.Order()];
        long expected = (input.Units * (input.Units - 1) / 2) - bad.Sum();
        Assert.Equal((input.Units - bad.Length, expected), (came.Units, came.Checksum));
        Assert.Equal(bad, job.Failures.Select(f => f.Unit).Order());
        Assert.Equal((double)(input.Units - bad.Length) / input.Units, job.Coverage!.Value, 6);
        return job;
    }

    private static string Describe(JobStatus? job) =>
        job is null
            ? "It was never heard of."
            : string.Create(
                CultureInfo.InvariantCulture,
                $"Job {job.Id}: {job.State}, {job.Units}, attempts {job.Attempts}, leases {job.Leases}, coordinator {job.Coordinator}, waiting '{job.Waiting}', error {job.Error}, by silo {string.Join("; ", job.Silos.Select(s => $"{s.Silo} {s.Units}"))}"
            );
}
