using System.Globalization;
using System.Net.Mime;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using OrleansWork.Http;
using OrleansWork.Silo.Security;
using OrleansWork.Silo.Watching;

namespace OrleansWork.Silo.Api;

/// <summary>Jobs: submission, lists, status, result, events, log, and what people do to them.</summary>
internal static class JobRoutes
{
    private const int LargestPage = 1_000;
    private const int DefaultPage = 50;
    private const int MostLogLines = 200;
    private const int LargestLeasePage = 10_000;
    private const int DefaultLeasePage = 5_000;
    private const int MostBands = 1_200;
    private const int DefaultBands = 600;

    /// <summary>Maps them.</summary>
    public static void MapJobs(this RouteGroupBuilder api)
    {
        RouteGroupBuilder jobs = api.MapGroup("/jobs").WithTags("Jobs");
        jobs.MapPost("", SubmitAsync)
            .RequireRole(AccessRole.Submitter)
            .WithName("submitJob")
            .WithSummary("Submits a job; answered once it is recorded durably.")
            .WithDescription(
                "The same id with the same job again answers 200 and the job there is; with another job 409. With dryRun=true nothing is recorded: what would be refused is refused in the same way, and otherwise the answer is 200 and what would come of it."
            )
            .Accepts<SubmitDocument>(MediaTypeNames.Application.Json)
            .Produces<JobStatus>(StatusCodes.Status202Accepted)
            .Produces<JobStatus>()
            .AlsoAnswers<JobCheck>()
            .Refuses(400, 409, 413, 415, 429, 503);
        jobs.MapGet("", ListAsync)
            .RequireRole(AccessRole.Viewer)
            .WithName("listJobs")
            .WithSummary("Lists jobs, newest first.")
            .Produces<Page<JobSummary>>()
            .Refuses(400, 503);
        jobs.MapGet("/{id}", DetailsAsync)
            .RequireRole(AccessRole.Viewer)
            .WithName("getJob")
            .WithSummary("Shows a job with its input and result.")
            .Produces<JobDetails>()
            .Refuses(400, 404, 503);
        jobs.MapGet("/{id}/status", StatusAsync)
            .RequireRole(AccessRole.Viewer)
            .WithName("getJobStatus")
            .WithSummary("Shows a job without its input and result.")
            .Produces<JobStatus>()
            .Refuses(400, 404, 503);
        jobs.MapGet("/{id}/result", ResultAsync)
            .RequireRole(AccessRole.Viewer)
            .WithName("getJobResult")
            .WithSummary(
                "Returns the result: JSON, a line {unit, result | error} an item for map kinds, or what the kind's media type says."
            )
            .Produces(StatusCodes.Status200OK, contentType: MediaTypeNames.Application.Json)
            .Refuses(400, 404, 409, 503);
        jobs.MapGet("/{id}/results", UnitResultsAsync)
            .RequireRole(AccessRole.Viewer)
            .WithName("getJobUnitResults")
            .WithSummary("Returns results of a map job as they are stored, also while it runs, about 1 MB at a time.")
            .WithDescription(
                "A line {unit, result | error} each. The header Orleanswork-Next-Cursor says where to go on, Orleanswork-End whether nothing follows."
            )
            .Produces(StatusCodes.Status200OK, contentType: JobKindDescriptor.UnitResultsMediaType)
            .Refuses(400, 404, 409, 503);
        jobs.MapGet("/{id}/events", EventsAsync)
            .RequireRole(AccessRole.Viewer)
            .WithName("watchJob")
            .WithSummary(
                "Follows a job until it has ended: events status and unit-failed, with include=lease also lease, and alive when nothing has happened for a while."
            )
            .Produces(StatusCodes.Status200OK, contentType: EventStream.MediaType)
            .Refuses(400, 404, 503);
        jobs.MapGet("/{id}/logs", LogsAsync)
            .RequireRole(AccessRole.Viewer)
            .WithName("getJobLog")
            .WithSummary("Lists what the units of a job logged, newest first; with follow=true as events log, oldest first.")
            .Produces<Page<UnitLogLine>>()
            .Refuses(400, 404, 503);
        jobs.MapGet("/{id}/explain", ExplainAsync)
            .RequireRole(AccessRole.Viewer)
            .WithName("explainJob")
            .WithSummary("Says why a job, one of its units or one of its leases ran where and when it did, and what it waits for.")
            .Produces<JobExplanation>()
            .Refuses(400, 404, 503);
        jobs.MapGet("/{id}/units/{unit}/attempts", AttemptsAsync)
            .RequireRole(AccessRole.Viewer)
            .WithName("listUnitAttempts")
            .WithSummary("Lists the attempts at a unit of a job, newest last: where and when each ran, and what came of it.")
            .WithDescription("recorded is false where some are not kept any more.")
            .Produces<UnitAttempts>()
            .Refuses(400, 404, 503);
        jobs.MapGet("/{id}/leases", LeasesAsync)
            .RequireRole(AccessRole.Viewer)
            .WithName("listJobLeases")
            .WithSummary("Lists leases of a job in columns, as a task stream draws them.")
            .WithDescription(
                "Those that ran between from and to, the newest of them first cut off by the limit; with follow=true what has ended since the cursor, and what runs. With others=true also those of other jobs on the same slots."
            )
            .Produces<JobLeases>()
            .Refuses(400, 404, 503);
        jobs.MapGet("/{id}/leases/bands", LeaseBandsAsync)
            .RequireRole(AccessRole.Viewer)
            .WithName("listJobLeaseBands")
            .WithSummary(
                "Tells what the slots of each silo did for a job over time: shares in columns, of all leases, also those that are not kept one by one."
            )
            .WithDescription("width is how many columns there are to be at most; they are no narrower than what is kept.")
            .Produces<JobLeaseBands>()
            .Refuses(400, 404, 503);
        jobs.MapGet("/{id}/history", HistoryAsync)
            .RequireRole(AccessRole.Viewer)
            .WithName("getJobLeaseHistory")
            .WithSummary("Tells how the leases of a job changed over time, by silo: units a lease, how long they ran, and in which phase.")
            .WithDescription("At most 150 points a silo; a point stands for longer than stepSeconds where shorter ones are not kept.")
            .Produces<JobLeaseHistory>()
            .Refuses(400, 404, 503);
        jobs.MapGet("/{id}/report", ReportAsync)
            .RequireRole(AccessRole.Viewer)
            .WithName("getJobReport")
            .WithSummary("Returns how a job ran as a file: with format=html a page that needs no network, with format=perfetto a trace.")
            .WithDescription(
                "The page has the newest 50,000 leases in at most 10 MB and says what it leaves out. The trace is for ui.perfetto.dev: a process a silo, a thread a slot, an event a lease."
            )
            .Produces(StatusCodes.Status200OK, responseType: null, MediaTypeNames.Text.Html, MediaTypeNames.Application.Json)
            .Refuses(400, 404, 503);
        jobs.MapPost("/{id}/cancel", CancelAsync)
            .RequireRole(AccessRole.Submitter)
            .WithName("cancelJob")
            .WithSummary("Ends a job; its running units are told to stop.")
            .Accepts<CancelDocument>(isOptional: true, MediaTypeNames.Application.Json)
            .Controls();
        jobs.MapPost("/{id}/pause", PauseAsync)
            .RequireRole(AccessRole.Submitter)
            .WithName("pauseJob")
            .WithSummary("Hands running ranges back at the next unit and grants no more.")
            .Controls();
        jobs.MapPost("/{id}/resume", ResumeAsync)
            .RequireRole(AccessRole.Submitter)
            .WithName("resumeJob")
            .WithSummary("Goes on with a paused job.")
            .Controls();
        jobs.MapPatch("/{id}/options", ChangeOptionsAsync)
            .RequireRole(AccessRole.Submitter)
            .WithName("changeJobOptions")
            .WithSummary("Changes options of a job that has not ended; leases granted from then on follow them.")
            .WithDescription(
                "A merge patch (RFC 7396): what is left out stays as it is, null puts an option back to its default. A change that changes nothing is answered in the same way."
            )
            .Accepts<OptionsDocument>(HttpApi.MergePatch, MediaTypeNames.Application.Json)
            .Produces<JobStatus>()
            .Refuses(400, 404, 409, 413, 415, 503);
        jobs.MapPost("/{id}/retry", RetryAsync)
            .RequireRole(AccessRole.Submitter)
            .WithName("retryJob")
            .WithSummary("Runs the units again that failed for good, and only those.")
            .Controls();
        jobs.MapDelete("/{id}", ForgetAsync)
            .RequireRole(AccessRole.Submitter)
            .WithName("forgetJob")
            .WithSummary("Deletes an ended job with its input, result and log.")
            .Produces(StatusCodes.Status204NoContent)
            .Refuses(400, 404, 409, 503);
    }

    private static async Task<IResult> SubmitAsync(
        ComputeClient client,
        HttpContext context,
        string? repeated,
        string? dryRun,
        CancellationToken cancellationToken
    )
    {
        if (!context.Request.HasJsonContentType())
            return Problems.UnsupportedMediaType();
        bool isRepeated = QueryValues.Flag("repeated", repeated);
        bool isDryRun = QueryValues.Flag("dryRun", dryRun);
        SubmitBody body = await SubmitBody.ReadAsync(context.Request, cancellationToken);
        if (isDryRun)
            return ApiResults.Document(await client.CheckAsync(body.Kind, body.Input, body.Options, body.Id, cancellationToken));
        string id = body.Id ?? Submissions.NewId();
        (bool created, byte[] status) = await client.SubmitJobAsync(body.Kind, body.Input, body.Options, id, cancellationToken, isRepeated);
        if (created)
        {
            context.Response.StatusCode = StatusCodes.Status202Accepted;
            context.Response.Headers.Location = $"/api/jobs/{id}";
        }

        return TypedResults.Bytes(status, MediaTypeNames.Application.Json);
    }

    private static async Task<JsonHttpResult<Page<JobSummary>>> ListAsync(
        ComputeClient client,
        string? state,
        string? kind,
        string? text,
        string? limit,
        string? cursor,
        CancellationToken cancellationToken
    ) =>
        ApiResults.Document(
            await client.ListJobsAsync(
                new JobQuery(
                    QueryValues.Word<JobState>("state", state),
                    NullIfEmpty(kind),
                    NullIfEmpty(text),
                    (int)(QueryValues.Whole("limit", limit, 1, LargestPage) ?? DefaultPage),
                    NullIfEmpty(cursor)
                ),
                cancellationToken
            )
        );

    private static async Task<FileContentHttpResult> DetailsAsync(ComputeClient client, string id, CancellationToken cancellationToken) =>
        ApiResults.Written(await client.Job(id).ReadDetailsAsync(cancellationToken));

    private static async Task<JsonHttpResult<JobStatus>> StatusAsync(
        ComputeClient client,
        string id,
        CancellationToken cancellationToken
    ) => ApiResults.Document(await client.Job(id).GetStatusAsync(cancellationToken));

    private static async Task<FileContentHttpResult> ExplainAsync(
        ComputeClient client,
        string id,
        string? unit,
        string? lease,
        CancellationToken cancellationToken
    )
    {
        long? number = QueryValues.Whole("lease", lease, 1, long.MaxValue);
        long? wanted = QueryValues.Whole("unit", unit, 0, long.MaxValue);
        if (number is not null && wanted is not null)
            throw Problems.Wrong("lease", "unit and lease are two questions: ask for one of them.");
        return ApiResults.Written(await client.Job(id).ReadExplanationAsync(wanted, number, cancellationToken));
    }

    private static async Task<FileContentHttpResult> AttemptsAsync(
        ComputeClient client,
        string id,
        string unit,
        CancellationToken cancellationToken
    ) =>
        ApiResults.Written(
            await client.Job(id).ReadAttemptsAsync(QueryValues.Whole("unit", unit, 0, long.MaxValue) ?? 0, cancellationToken)
        );

    private static async Task<JsonHttpResult<JobLeases>> LeasesAsync(
        ComputeClient client,
        string id,
        string? from,
        string? to,
        string? limit,
        string? cursor,
        string? follow,
        string? others,
        CancellationToken cancellationToken
    ) =>
        ApiResults.Document(
            await client
                .Job(id)
                .GetLeasesAsync(
                    new LeaseQuery(
                        QueryValues.Moment("from", from),
                        QueryValues.Moment("to", to),
                        (int)(QueryValues.Whole("limit", limit, 1, LargestLeasePage) ?? DefaultLeasePage),
                        NullIfEmpty(cursor),
                        QueryValues.Flag("follow", follow),
                        QueryValues.Flag("others", others)
                    ),
                    cancellationToken
                )
        );

    private static async Task<FileContentHttpResult> LeaseBandsAsync(
        ComputeClient client,
        string id,
        string? from,
        string? to,
        string? width,
        CancellationToken cancellationToken
    ) =>
        ApiResults.Written(
            await client
                .Job(id)
                .ReadLeaseBandsAsync(
                    QueryValues.Moment("from", from),
                    QueryValues.Moment("to", to),
                    (int)(QueryValues.Whole("width", width, 1, MostBands) ?? DefaultBands),
                    cancellationToken
                )
        );

    private static async Task<FileContentHttpResult> HistoryAsync(
        ComputeClient client,
        string id,
        string? stepSeconds,
        CancellationToken cancellationToken
    ) =>
        ApiResults.Written(
            await client.Job(id).ReadLeaseHistoryAsync(QueryValues.Seconds("stepSeconds", stepSeconds) ?? 0, cancellationToken)
        );

    private static async Task<IResult> ReportAsync(ComputeClient client, string id, string? format, CancellationToken cancellationToken) =>
        await ReportResult.OpenAsync(
            client.Job(id),
            QueryValues.Word<ReportFormat>("format", format) ?? ReportFormat.Html,
            TimeProvider.System.GetUtcNow(),
            cancellationToken
        );

    private static async Task<IResult> ResultAsync(
        ComputeClient client,
        HttpContext context,
        string id,
        CancellationToken cancellationToken
    )
    {
        GrainJobHandle job = client.Job(id);
        JobStatus status = await job.GetStatusAsync(cancellationToken);
        return status.State == JobState.Succeeded
            ? await ResultStream.OpenAsync(job, context.Request, cancellationToken)
            : NoResult(status);
    }

    private static ProblemHttpResult NoResult(JobStatus status) =>
        status.IsTerminal
            ? Problems.Of(
                StatusCodes.Status409Conflict,
                ProblemTypes.NoResult,
                $"The job has {(status.State == JobState.Failed ? "failed" : "been canceled")}.",
                status.Error?.Message
            )
            : Problems.Of(
                StatusCodes.Status409Conflict,
                ProblemTypes.NotFinished,
                "The job has not ended.",
                $"Job {status.Id} is {QueryValues.WordOf(status.State)}; /api/jobs/{status.Id}/events tells when it has ended."
            );

    private static async Task<IResult> UnitResultsAsync(
        ComputeClient client,
        HttpContext context,
        string id,
        string? cursor,
        string? inOrder,
        string? wait,
        CancellationToken cancellationToken
    )
    {
        UnitResultPage page = await client
            .Job(id)
            .ReadUnitResultsAsync(
                QueryValues.Whole("cursor", cursor, 0, long.MaxValue) ?? 0,
                QueryValues.Flag("inOrder", inOrder),
                QueryValues.Wait("wait", wait),
                cancellationToken
            );
        context.Response.Headers[HttpApi.NextCursor] = page.Next.ToString(CultureInfo.InvariantCulture);
        context.Response.Headers[HttpApi.End] = page.End ? "true" : "false";
        context.Response.Headers[HttpApi.Full] = page.IsFull ? "true" : "false";
        return ResultStream.Of(page.Results);
    }

    private static async Task<IResult> EventsAsync(
        ComputeClient client,
        JobWatch watch,
        EventStream stream,
        string id,
        string? include,
        [FromHeader(Name = HttpApi.LastEventId)] string? lastEventId,
        CancellationToken cancellationToken
    )
    {
        bool withLeases = include switch
        {
            null or "" => false,
            HttpApi.Lease => true,
            _ => throw Problems.Wrong("include", $"include can be '{HttpApi.Lease}' and nothing else."),
        };
        // A job that is not there is said before the stream begins.
        await client.Job(id).GetStatusAsync(cancellationToken);
        return stream.Of(ended => JobEvents.OfAsync(watch.FollowAsync(id, lastEventId, withLeases, ended), ended));
    }

    private static async Task<IResult> LogsAsync(
        ComputeClient client,
        EventStream stream,
        string id,
        string? unit,
        string? text,
        string? level,
        string? limit,
        string? follow,
        [FromHeader(Name = HttpApi.LastEventId)] string? lastEventId,
        CancellationToken cancellationToken
    )
    {
        GrainJobHandle job = client.Job(id);
        long? wanted = QueryValues.Whole("unit", unit, 0, long.MaxValue);
        if (QueryValues.Flag("follow", follow))
        {
            long after = QueryValues.Whole(HttpApi.LastEventId, lastEventId, 0, long.MaxValue) ?? 0;
            await job.GetStatusAsync(cancellationToken);
            return stream.Of(ended => JobEvents.OfLogAsync(job, wanted, after, ended));
        }

        int most = (int)(QueryValues.Whole("limit", limit, 1, MostLogLines) ?? MostLogLines);
        UnitLogPage page = await job.ReadLogAsync(0, wanted, TimeSpan.Zero, cancellationToken);
        UnitLogLine[] lines =
        [
            .. page
                .Lines.Where(line =>
                    (string.IsNullOrEmpty(text) || line.Text.Contains(text, StringComparison.OrdinalIgnoreCase))
                    && (string.IsNullOrEmpty(level) || string.Equals(line.Level, level, StringComparison.OrdinalIgnoreCase))
                )
                .Reverse(),
        ];
        return ApiResults.Document(new Page<UnitLogLine>([.. lines.Take(most)], NextCursor: null) { Total = lines.Length });
    }

    private static async Task<IResult> CancelAsync(
        ComputeClient client,
        HttpContext context,
        string id,
        CancellationToken cancellationToken
    )
    {
        string? reason = null;
        if (context.Request is { ContentLength: not 0, ContentType: not null } request)
        {
            if (!request.HasJsonContentType())
                return Problems.UnsupportedMediaType();
            reason = RequestBody.Text(await RequestBody.ReadAsync(request, ["reason"], cancellationToken), "reason");
        }

        GrainJobHandle job = client.Job(id);
        return await ControlAsync(
            job,
            () => job.CancelAsync(reason, cancellationToken),
            isDone: state => state == JobState.Canceled,
            cancellationToken
        );
    }

    private static Task<IResult> PauseAsync(ComputeClient client, string id, CancellationToken cancellationToken)
    {
        GrainJobHandle job = client.Job(id);
        return ControlAsync(job, () => job.PauseAsync(cancellationToken), isDone: state => state == JobState.Paused, cancellationToken);
    }

    private static Task<IResult> ResumeAsync(ComputeClient client, string id, CancellationToken cancellationToken)
    {
        GrainJobHandle job = client.Job(id);
        return ControlAsync(job, () => job.ResumeAsync(cancellationToken), isDone: state => state != JobState.Paused, cancellationToken);
    }

    private static async Task<IResult> ChangeOptionsAsync(
        ComputeClient client,
        HttpContext context,
        string id,
        CancellationToken cancellationToken
    )
    {
        if (!context.Request.HasJsonContentType())
            return Problems.UnsupportedMediaType();
        (JobOptionsChange change, IReadOnlyList<InputProblem> problems) = JobOptionsPatch.Read(
            await RequestBody.ReadAsync(context.Request, cancellationToken)
        );
        return problems.Count == 0
            ? ApiResults.Document(await client.Job(id).ChangeOptionsAsync(change, cancellationToken))
            : throw Problems.Wrong(problems, unnamed: "options");
    }

    private static Task<IResult> RetryAsync(ComputeClient client, string id, CancellationToken cancellationToken)
    {
        GrainJobHandle job = client.Job(id);
        return ControlAsync(
            job,
            () => job.RetryAsync(cancellationToken),
            isDone: state => state is not (JobState.Succeeded or JobState.Failed or JobState.Canceled),
            cancellationToken
        );
    }

    private static async Task<IResult> ForgetAsync(ComputeClient client, string id, CancellationToken cancellationToken)
    {
        await client.Job(id).ForgetAsync(cancellationToken);
        return TypedResults.NoContent();
    }

    /// <summary>Does what a person asks of a job: 202, or 200 where there was nothing left to do.</summary>
    private static async Task<IResult> ControlAsync(
        GrainJobHandle job,
        Func<Task<JobStatus>> act,
        Func<JobState, bool> isDone,
        CancellationToken cancellationToken
    )
    {
        bool wasDone = isDone((await job.GetStatusAsync(cancellationToken)).State);
        JobStatus status = await act();
        return ApiResults.Document(status, wasDone ? StatusCodes.Status200OK : StatusCodes.Status202Accepted);
    }

    private static string? NullIfEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;

    private static RouteHandlerBuilder Controls(this RouteHandlerBuilder route) =>
        route.Produces<JobStatus>(StatusCodes.Status202Accepted).Produces<JobStatus>().Refuses(400, 404, 409, 503);
}
