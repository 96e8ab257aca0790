using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using OrleansWork.Protocol;

namespace OrleansWork;

/// <summary>A job by its coordinator's grain reference: whichever silo coordinates it, the calls find it.</summary>
internal sealed class GrainJobHandle(
    string id,
    IGrainFactory grains,
    GrainCalls calls,
    Func<JobQuery, CancellationToken, Task<Page<JobSummary>>> listJobs,
    ComputeClientOptions options,
    TimeProvider time
) : JobHandle(id)
{
    private const long Unknown = -1;

    /// <summary>What the network and a busy silo may add to the wait that a status call asks for.</summary>
    private static readonly TimeSpan AnswerSlack = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ShortestPace = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan LongestPace = TimeSpan.FromMilliseconds(100);

    private const int SmallBatch = 64 * 1024;

    private readonly IJobGrain _grain = grains.GetGrain<IJobGrain>(id);

    public override async Task<JobStatus> GetStatusAsync(CancellationToken cancellationToken = default) =>
        (await AskStatusAsync(Unknown, TimeSpan.Zero, cancellationToken)).Status;

    public override async Task<JobDetails> GetDetailsAsync(CancellationToken cancellationToken = default) =>
        Documents.Read<JobDetails>(await ReadDetailsAsync(cancellationToken));

    /// <summary>Asks for the document of <see cref="GetDetailsAsync"/> as the coordinator writes it.</summary>
    internal Task<byte[]> ReadDetailsAsync(CancellationToken cancellationToken) =>
        DocumentAsync("details", () => _grain.GetDetailsAsync(), cancellationToken);

    public override async IAsyncEnumerable<JobStatus> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        long known = Unknown;
        // A busy job changes thousands of times a second; the pace falls from short, so that a short job is seen at once, to ten a second.
        TimeSpan pace = ShortestPace;
        while (true)
        {
            long asked = time.GetTimestamp();
            (long sequence, JobStatus status) = await AskStatusAsync(known, options.StatusWait, cancellationToken);
            // Another activation of the job counts anew: the same number may stand for its end.
            if (sequence != known || status.IsTerminal)
            {
                known = sequence;
                yield return status;
            }

            if (status.IsTerminal)
                yield break;
            TimeSpan rest = pace - time.GetElapsedTime(asked);
            if (rest > TimeSpan.Zero)
                await Task.Delay(rest, time, cancellationToken);
            pace = pace * 2 < LongestPace ? pace * 2 : LongestPace;
        }
    }

    public override async Task<JobResultStream> OpenResultAsync(CancellationToken cancellationToken = default)
    {
        JobStatus ended = await this.EndAsync(cancellationToken);
        ResultReply first = await PieceAsync(0, cancellationToken);
        return new JobResultStream(
            first.MediaType,
            ended,
            first.TotalBytes < 0 ? this.ChunksAsync(cancellationToken) : PiecesAsync(first, cancellationToken)
        );
    }

    protected internal override async Task<JobResult> ResultCoreAsync(CancellationToken cancellationToken)
    {
        JobStatus ended = await this.EndAsync(cancellationToken);

        ResultReply piece = await PieceAsync(0, cancellationToken);
        if (piece.TotalBytes < 0)
            return new JobResult(await LinesAsync(cancellationToken), piece.MediaType, ended) { IsOfUnits = true };
        if (piece.Piece.LongLength == piece.TotalBytes)
            return new JobResult(piece.Piece, piece.MediaType, ended);

        byte[] content = GC.AllocateUninitializedArray<byte>(checked((int)piece.TotalBytes));
        int received = 0;
        await foreach (ReadOnlyMemory<byte> next in PiecesAsync(piece, cancellationToken))
        {
            next.CopyTo(content.AsMemory(received));
            received += next.Length;
        }

        return new JobResult(content, piece.MediaType, ended);
    }

    /// <summary>Returns a stored result from a byte on.</summary>
    /// <param name="totalBytes">How many bytes it has.</param>
    /// <param name="from">The byte that it begins at.</param>
    /// <param name="cancellationToken">Ends it.</param>
    internal async IAsyncEnumerable<ReadOnlyMemory<byte>> PiecesAsync(
        long totalBytes,
        long from,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        for (long received = from; received < totalBytes; )
        {
            ResultReply piece = await PieceAsync(received, cancellationToken);
            if (piece.Piece.Length == 0 || piece.TotalBytes != totalBytes)
            {
                throw new ClusterUnreachableException(
                    $"The stored result of job {Id} ended at byte {received} of {totalBytes}; ask for it again."
                );
            }

            received += piece.Piece.Length;
            yield return piece.Piece;
        }
    }

    /// <summary>Returns a stored result whose first piece is there already.</summary>
    private async IAsyncEnumerable<ReadOnlyMemory<byte>> PiecesAsync(
        ResultReply first,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        yield return first.Piece;
        await foreach (ReadOnlyMemory<byte> piece in PiecesAsync(first.TotalBytes, first.Piece.Length, cancellationToken))
            yield return piece;
    }

    protected internal override async IAsyncEnumerable<UnitResult> UnitResultsCoreAsync(
        bool inOrder,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        long cursor = 0;
        // A reader in a hurry would ask for one result at a time: what comes within a pace comes together.
        while (true)
        {
            long asked = time.GetTimestamp();
            UnitResultPage page = await ReadUnitResultsAsync(cursor, inOrder, options.StatusWait, cancellationToken);
            cursor = page.Next;
            foreach (UnitResult result in page.Results)
                yield return result;
            if (page.End)
                break;
            if (!page.IsFull && time.GetElapsedTime(asked) is var took && took < LongestPace)
                await Task.Delay(LongestPace - took, time, cancellationToken);
        }

        JobStatus status = await GetStatusAsync(cancellationToken);
        if (status.State != JobState.Succeeded)
            throw JobEndedException.Of(status);
    }

    public override async Task<JobStatus> CancelAsync(string? reason = null, CancellationToken cancellationToken = default) =>
        Documents.Read<JobStatus>(await DocumentAsync("cancel", () => _grain.CancelAsync(reason), cancellationToken));

    public override async Task<JobStatus> PauseAsync(CancellationToken cancellationToken = default) =>
        Documents.Read<JobStatus>(await DocumentAsync("pause", () => _grain.PauseAsync(), cancellationToken));

    public override async Task<JobStatus> ResumeAsync(CancellationToken cancellationToken = default) =>
        Documents.Read<JobStatus>(await DocumentAsync("resume", () => _grain.ResumeAsync(), cancellationToken));

    public override async Task<JobStatus> ChangeOptionsAsync(JobOptionsChange change, CancellationToken cancellationToken = default)
    {
        Submissions.Check(change);
        byte[] patch = JobOptionsPatch.Write(change);
        return Documents.Read<JobStatus>(
            await DocumentAsync("change of options", () => _grain.ChangeOptionsAsync(patch), cancellationToken)
        );
    }

    public override async Task<JobStatus> RetryAsync(CancellationToken cancellationToken = default) =>
        Documents.Read<JobStatus>(await DocumentAsync("retry", () => _grain.RetryAsync(), cancellationToken));

    public override async Task<UnitAttempts> GetAttemptsAsync(long unit, CancellationToken cancellationToken = default) =>
        Documents.Read<UnitAttempts>(await ReadAttemptsAsync(unit, cancellationToken));

    /// <summary>Asks for the document of <see cref="GetAttemptsAsync"/> as the coordinator writes it.</summary>
    internal Task<byte[]> ReadAttemptsAsync(long unit, CancellationToken cancellationToken) =>
        DocumentAsync($"attempts at unit {unit}", () => _grain.GetAttemptsAsync(unit), cancellationToken);

    public override async Task<JobLeases> GetLeasesAsync(LeaseQuery query, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        LeaseWindow.Check(query);
        JobLeases own = await LeasesOfAsync(Id, query, cancellationToken);
        if (!query.Others || (query.Cursor is not null && !query.Follow))
            return own;
        Page<JobSummary> newest = await listJobs(new JobQuery(Limit: OtherLeases.MostListed), cancellationToken);
        LeaseQuery asked = OtherLeases.QueryOf(own, query);
        (string Job, JobLeases? Leases)[] others = await Task.WhenAll(
            OtherLeases.Choose(newest.Items, Id, own, query).Select(async job => (job, await OthersOfAsync(job)))
        );
        return OtherLeases.Add(own, [.. others.Where(other => other.Leases is not null).Select(other => (other.Job, other.Leases!))]);

        async Task<JobLeases?> OthersOfAsync(string job)
        {
            try
            {
                return await LeasesOfAsync(job, asked, cancellationToken);
            }
            catch (RequestException)
            {
                // It is forgotten meanwhile, or does not answer: what was asked for is the job's own.
                return null;
            }
        }
    }

    private async Task<JobLeases> LeasesOfAsync(string job, LeaseQuery query, CancellationToken cancellationToken)
    {
        IJobGrain grain = string.Equals(job, Id, StringComparison.Ordinal) ? _grain : grains.GetGrain<IJobGrain>(job);
        return Documents.Read<JobLeases>(
            await DocumentAsync(
                "leases",
                () => grain.GetLeasesAsync(JsonSerializer.SerializeToUtf8Bytes(query, OrleansWorkJson.Documents)),
                cancellationToken
            )
        );
    }

    /// <summary>Asks how the job's leases changed over time.</summary>
    /// <param name="stepSeconds">How long a point is to stand for.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>The document of a <see cref="JobLeaseHistory"/>.</returns>
    internal Task<byte[]> ReadLeaseHistoryAsync(double stepSeconds, CancellationToken cancellationToken) =>
        DocumentAsync("history", () => _grain.GetLeaseHistoryAsync(stepSeconds), cancellationToken);

    /// <summary>Asks what silos did for the job over time.</summary>
    /// <param name="from">The earliest moment of interest, or null.</param>
    /// <param name="to">The latest, or null.</param>
    /// <param name="columns">How many columns there are to be at most.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>The document of <see cref="JobLeaseBands"/>.</returns>
    internal Task<byte[]> ReadLeaseBandsAsync(DateTimeOffset? from, DateTimeOffset? to, int columns, CancellationToken cancellationToken)
    {
        LeaseWindow.Check(from, to);
        return DocumentAsync("bands of leases", () => _grain.GetLeaseBandsAsync(from, to, columns), cancellationToken);
    }

    protected internal override async Task<JobExplanation> ExplainCoreAsync(long? unit, long? lease, CancellationToken cancellationToken) =>
        Documents.Read<JobExplanation>(await ReadExplanationAsync(unit, lease, cancellationToken));

    /// <summary>Asks for the document of <see cref="ExplainCoreAsync"/> as the coordinator writes it.</summary>
    internal Task<byte[]> ReadExplanationAsync(long? unit, long? lease, CancellationToken cancellationToken) =>
        DocumentAsync("explain", () => _grain.ExplainAsync(unit, lease), cancellationToken);

    public override async Task ForgetAsync(CancellationToken cancellationToken = default)
    {
        bool repeated = false;
        await calls.RunAsync(
            $"forget of job {Id}",
            async () =>
            {
                bool again = repeated;
                repeated = true;
                DocumentReply reply = await _grain.ForgetAsync();
                // What an unanswered call has deleted is gone, as it was asked to be.
                return reply.Refusal is null || (again && reply.Refusal.Reason == ErrorReason.NotFound)
                    ? reply
                    : throw GrainCalls.AsException(reply.Refusal);
            },
            cancellationToken
        );
    }

    public override async IAsyncEnumerable<UnitLogLine> LogAsync(
        long? unit = null,
        bool follow = false,
        [EnumeratorCancellation] CancellationToken cancellationToken = default
    )
    {
        long after = 0;
        TimeSpan wait = follow ? options.StatusWait : TimeSpan.Zero;
        while (true)
        {
            long asked = time.GetTimestamp();
            UnitLogPage page = await ReadLogAsync(after, unit, wait, cancellationToken);
            foreach (UnitLogLine line in page.Lines)
                yield return line;
            if (!follow || page.End)
                yield break;
            after = page.Last;
            if (time.GetElapsedTime(asked) is var took && took < LongestPace)
                await Task.Delay(LongestPace - took, time, cancellationToken);
        }
    }

    /// <summary>Reads what units said after a line.</summary>
    /// <param name="after">The number of that line, or 0.</param>
    /// <param name="unit">Only of this unit, or null.</param>
    /// <param name="wait">How long to wait for a line.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    internal async Task<UnitLogPage> ReadLogAsync(long after, long? unit, TimeSpan wait, CancellationToken cancellationToken)
    {
        LogReply reply = await calls.RunAsync(
            $"log of job {Id}",
            async () =>
            {
                LogReply answer = await _grain.GetLogAsync(after, unit, wait);
                return answer.Refusal is null ? answer : throw GrainCalls.AsException(answer.Refusal);
            },
            cancellationToken,
            wait + AnswerSlack
        );
        return new UnitLogPage(reply.Last, [.. reply.Lines.Select(Line)], reply.End);
    }

    /// <summary>Asks for the status, waiting for one with another number than is known.</summary>
    internal async Task<(long Sequence, JobStatus Status)> AskStatusAsync(long known, TimeSpan wait, CancellationToken cancellationToken)
    {
        StatusReply reply = await calls.RunAsync(
            $"status of job {Id}",
            async () =>
            {
                StatusReply answer = await _grain.GetStatusAsync(known, wait);
                GrainCalls.DocumentOrThrow(answer.Document, answer.Refusal);
                return answer;
            },
            cancellationToken,
            wait + AnswerSlack
        );
        return (reply.Sequence, Documents.Read<JobStatus>(reply.Document));
    }

    private Task<byte[]> DocumentAsync(string what, Func<Task<DocumentReply>> call, CancellationToken cancellationToken) =>
        calls.RunAsync(
            $"{what} of job {Id}",
            async () =>
            {
                DocumentReply reply = await call();
                return GrainCalls.DocumentOrThrow(reply.Document, reply.Refusal);
            },
            cancellationToken
        );

    /// <summary>Merges results and errors by unit where both come in that order; otherwise the errors follow.</summary>
    private static IEnumerable<UnitResult> Merge(UnitResultsReply reply)
    {
        int next = 0;
        UnitResultReader results = new(reply.Batch);
        while (results.TryRead(out long unit, out ReadOnlyMemory<byte> json))
        {
            for (; next < reply.Errors.Length && reply.Errors[next].Unit < unit; next++)
                yield return Failed(reply.Errors[next]);
            yield return new UnitResult(unit, json);
        }

        for (; next < reply.Errors.Length; next++)
            yield return Failed(reply.Errors[next]);

        static UnitResult Failed(UnitError error) =>
            new(error.Unit, default, new JobError(error.Type, error.Message, error.Unit, error.Silo));
    }

    private static UnitLogLine Line(UnitLogEntry entry)
    {
        UnitNote note = entry.Note;
        bool isProgress = note.Level < 0;
        return new UnitLogLine(
            entry.Number,
            new DateTimeOffset(note.At, TimeSpan.Zero),
            isProgress ? "progress" : ((LogLevel)note.Level).ToString().ToLowerInvariant(),
            note.Unit,
            note.Attempt,
            entry.Silo,
            note.Text,
            isProgress ? note.Fraction : null
        );
    }

    private async Task<byte[]> LinesAsync(CancellationToken cancellationToken)
    {
        using MemoryStream lines = new();
        await foreach (ReadOnlyMemory<byte> chunk in this.ChunksAsync(cancellationToken))
            lines.Write(chunk.Span);
        return lines.ToArray();
    }

    /// <summary>Reads stored results of a map job from a cursor on, about 1 MB of them.</summary>
    internal async Task<UnitResultPage> ReadUnitResultsAsync(long cursor, bool inOrder, TimeSpan wait, CancellationToken cancellationToken)
    {
        UnitResultsReply reply = await calls.RunAsync(
            $"results of job {Id}",
            async () =>
            {
                UnitResultsReply answer = await _grain.GetUnitResultsAsync(cursor, inOrder, wait);
                return answer.Refusal is null ? answer : throw GrainCalls.AsException(answer.Refusal);
            },
            cancellationToken,
            wait + AnswerSlack
        );
        return new UnitResultPage(reply.Next, Merge(reply), reply.End, reply.Batch.Length >= SmallBatch);
    }

    /// <summary>Reads a piece of the stored result, at most 1 MB; of a map job it says in <c>TotalBytes</c> that there is none.</summary>
    internal Task<ResultReply> PieceAsync(long offset, CancellationToken cancellationToken) =>
        calls.RunAsync(
            $"result of job {Id} from byte {offset}",
            async () =>
            {
                ResultReply reply = await _grain.GetResultAsync(offset);
                return reply.Refusal is null ? reply : throw GrainCalls.AsException(reply.Refusal);
            },
            cancellationToken
        );
}
