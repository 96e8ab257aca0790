using System.Diagnostics;
using System.Globalization;
using System.Text;
using OrleansWork.SystemTests.Faults.Driver;

namespace OrleansWork.SystemTests.Faults.Rows;

/// <summary>Results and exceptions that cannot cross: of no serializable type, too long, too large.</summary>
internal static class Payloads
{
    private const int MaxErrorBytes = 8 * 1024;

    // What says which job failed goes before the text that is cut.
    private const int AroundErrorBytes = 256;
    private static readonly TimeSpan NextCall = TimeSpan.FromSeconds(1);
    private static readonly JobOptions Once = new() { MaxAttempts = 1 };

    /// <summary>F56, F57, F58 and F72, beside a job that they must not disturb.</summary>
    public static async Task CannotCrossAsync(FaultRun run)
    {
        FaultCluster cluster = await run.ClusterAsync(2);
        await run.SubmitAsync(cluster, units: 400, milliseconds: 25);
        await UnserializableAsync(run, cluster);
        await LongMessageAsync(run, cluster);
        await LargeResultAsync(run, cluster);
        await JsonBombsAsync(run, cluster);
        await run.CheckAsync();
    }

    private static async Task UnserializableAsync(FaultRun run, FaultCluster cluster)
    {
        run.Inject("results and exceptions with a stream", () => { });
        foreach (Poison what in (Poison[])[Poison.Result, Poison.FinalResult])
        {
            string message = await FailAsync(run, cluster, new PoisonWork.Input(what));
            bool isClear =
                message.Contains(nameof(PoisonWork.Carrier), StringComparison.Ordinal)
                && message.Contains("cannot be serialized", StringComparison.Ordinal)
                && !message.Contains("Codec", StringComparison.Ordinal);
            run.Holds($"F56: {what} with a stream is named by its type", isClear ? "named" : Short(message), isClear);
        }

        string thrown = await FailAsync(run, cluster, new PoisonWork.Input(Poison.Exception));
        bool isKept =
            thrown.Contains(nameof(PoisonWork.CarryingException), StringComparison.Ordinal)
            && thrown.Contains("it carries a stream", StringComparison.Ordinal)
            && !thrown.Contains("Codec", StringComparison.Ordinal);
        run.Holds("F56: an exception with a stream keeps type and message", isKept ? "kept" : Short(thrown), isKept);
    }

    private static async Task LongMessageAsync(FaultRun run, FaultCluster cluster)
    {
        run.Inject("an exception with a message of 300,000,000 characters", () => { });
        JobHandle job = await SubmitAsync(run, cluster, new PoisonWork.Input(Poison.LongMessage, 300_000_000));
        List<TimeSpan> calls = [];
        JobStatus? status;
        do
        {
            long asked = Stopwatch.GetTimestamp();
            status = await run.History.DoAsync($"status of {job.Id}", () => job.GetStatusAsync());
            calls.Add(Stopwatch.GetElapsedTime(asked));
            await Task.Delay(10);
        } while (!status.IsTerminal || calls.Count < 100);
        TimeSpan p99 = calls.Order().ElementAt(calls.Count * 99 / 100);
        run.Measured(
            "F57: bytes of the error's text",
            Encoding.UTF8.GetByteCount(status.Error!.Message),
            MaxErrorBytes + AroundErrorBytes,
            ""
        );
        run.Measured($"F57: status of the same client, p99 of {calls.Count}", p99, NextCall);
    }

    private static async Task LargeResultAsync(FaultRun run, FaultCluster cluster)
    {
        run.Inject("results of 200 MB", () => { });
        foreach ((string what, Func<Task<JobHandle>> submit) in Large(run, cluster))
        {
            JobHandle job = await submit();
            JobStatus status = await EndAsync(run, job);
            long asked = Stopwatch.GetTimestamp();
            JobHandle<PoisonWork.Carrier> next = await cluster.Client.SubmitAsync(PoisonWork.Kind, new PoisonWork.Input(Poison.None));
            TimeSpan submitted = Stopwatch.GetElapsedTime(asked);
            Assert.Equal(1, (await next.ResultAsync()).Units);
            string message = status.Error?.Message ?? "";
            bool isClear = status.State == JobState.Failed && message.Contains("limit 16 MiB (MaxPayloadBytes)", StringComparison.Ordinal);
            run.Holds(
                $"F58: {what} of 200 MB is refused with the limit",
                isClear ? "refused" : $"{status.State}: {Short(message)}",
                isClear
            );
            run.Measured($"F58: next call after {what}", submitted, NextCall);
        }
    }

    private static async Task JsonBombsAsync(FaultRun run, FaultCluster cluster)
    {
        run.Inject("inputs that are made to cost much", () => { });
        IReadOnlyList<(string What, string Json)> bombs = Bombs();
        TimeSpan slowest = TimeSpan.Zero;
        List<string> taken = [];
        foreach ((string what, string json) in bombs)
        {
            byte[] input = Encoding.UTF8.GetBytes(json);
            long asked = Stopwatch.GetTimestamp();
            try
            {
                JobHandle job = await cluster.Client.SubmitAsync("synthetic", input);
                taken.Add(what);
                await job.CancelAsync();
            }
            catch (RequestException exception) when (exception.Reason == ErrorReason.WrongInput)
            {
                TimeSpan took = Stopwatch.GetElapsedTime(asked);

                // The first refusal compiles what refuses.
                if (what != bombs[0].What && took > slowest)
                    slowest = took;
            }
        }

        run.Holds(
            $"F72: {bombs.Count} JSON bombs are refused",
            taken.Count == 0 ? "all" : $"not {string.Join(", ", taken)}",
            taken.Count == 0
        );
        run.Measured("F72: the slowest refusal", slowest, NextCall);
    }

    /// <summary>Returns inputs of <c>synthetic</c> that are made to cost much; the first one does not.</summary>
    /// <param name="many">How many keys and digits those have that have many.</param>
    internal static IReadOnlyList<(string What, string Json)> Bombs(int many = 1_000_000) =>
        [
            ("an unknown field", """{"zebra":1}"""),
            ("100,000 lists in one another", $$"""{"units":{{new string('[', 100_000)}}{{new string(']', 100_000)}}}"""),
            ("many keys", $"{{{string.Join(',', Enumerable.Range(0, many).Select(i => $"\"k{i}\":0"))}}}"),
            ("a key many times", $"{{{string.Join(',', Enumerable.Repeat("\"units\":1", many))}}}"),
            ("many digits", $$"""{"units":{{new string('9', many)}}}"""),
            ("a huge exponent", """{"alpha":1e999999999}"""),
            ("NUL", "{\"units\":1\0}"),
            ("a lone surrogate", """{"mode":"\ud800"}"""),
        ];

    private static IEnumerable<(string What, Func<Task<JobHandle>> Submit)> Large(FaultRun run, FaultCluster cluster)
    {
        const int Size = 200_000_000;
        yield return ("bytes", async () => await cluster.Client.SubmitAsync(BytesWork.Kind, new BytesWork.Input(Size), Once));
        yield return ("a unit's JSON", () => SubmitAsync(run, cluster, new PoisonWork.Input(Poison.LargeResult, Size)));
        yield return ("the job's JSON", () => SubmitAsync(run, cluster, new PoisonWork.Input(Poison.LargeFinalResult, Size)));
    }

    private static async Task<string> FailAsync(FaultRun run, FaultCluster cluster, PoisonWork.Input input)
    {
        JobStatus status = await EndAsync(run, await SubmitAsync(run, cluster, input));
        Assert.Equal(JobState.Failed, status.State);
        return status.Error!.Message;
    }

    private static async Task<JobHandle> SubmitAsync(FaultRun run, FaultCluster cluster, PoisonWork.Input input) =>
        await run.History.DoAsync($"submit {input.What}", () => cluster.Client.SubmitAsync(PoisonWork.Kind, input, Once));

    private static Task<JobStatus> EndAsync(FaultRun run, JobHandle job) =>
        run.History.DoAsync(
            $"end of {job.Id}",
            async () =>
            {
                JobStatus? last = null;
                using CancellationTokenSource bound = new(TimeSpan.FromSeconds(60));
                await foreach (JobStatus status in job.WatchAsync(bound.Token))
                    last = status;
                return last!;
            }
        );

    private static string Short(string message) =>
        message.Length <= 120 ? message : string.Create(CultureInfo.InvariantCulture, $"{message[..120]}… ({message.Length} characters)");
}
