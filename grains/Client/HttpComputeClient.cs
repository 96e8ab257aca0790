using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Mime;
using System.Text;
using System.Text.Json;
using OrleansWork.Http;

namespace OrleansWork;

/// <summary>The way into a cluster by the HTTP API of its silos: for everybody outside the cluster's network, and for programs that do without Orleans.
/// Safe for many threads; dispose of it at the end.</summary>
public sealed class HttpComputeClient : IComputeClient, IReportSource, IDisposable
{
    // A silo asks the job's coordinator for all leases before it answers.
    private static readonly TimeSpan s_reportTimeout = TimeSpan.FromSeconds(60);

    private readonly HttpRoad _road;
    private readonly HttpCalls _jobCalls;
    private readonly HttpCalls _listCalls;
    private readonly HttpEvents _events;
    private readonly ComputeClientOptions _options;
    private readonly TimeProvider _time;

    /// <summary>Makes one; asks nothing of the cluster yet.</summary>
    /// <param name="address">Where the cluster is.</param>
    /// <param name="options">How long to go on trying, or null for the defaults.</param>
    /// <param name="time">The time, or null for the system's.</param>
    /// <exception cref="ArgumentException">The address names no silo.</exception>
    public HttpComputeClient(HttpClusterAddress address, ComputeClientOptions? options = null, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(address);
        _options = options ?? new ComputeClientOptions();
        _time = time ?? TimeProvider.System;
        _road = new HttpRoad(address);
        _jobCalls = new HttpCalls(_road, _options.RetryFor, _options.RetryBusy, _time);
        _listCalls = new HttpCalls(_road, _options.RetryListsFor, _options.RetryBusy, _time);
        _events = new HttpEvents(_jobCalls, _time);
    }

    /// <inheritdoc/>
    public async Task<JobHandle<TResult>> SubmitAsync<TInput, TResult>(
        JobKindRef<TInput, TResult> kind,
        TInput input,
        JobOptions? options = null,
        string? id = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(kind);
        byte[] json = Submissions.InputOf(input);
        return new JobHandle<TResult>(await SubmitAsync(kind.Name, json, options, id, cancellationToken));
    }

    /// <inheritdoc/>
    /// <remarks>By HTTP a submission has at most 8 MiB.</remarks>
    public async Task<JobHandle> SubmitAsync(
        string kind,
        ReadOnlyMemory<byte> inputJson,
        JobOptions? options = null,
        string? id = null,
        CancellationToken cancellationToken = default
    )
    {
        id ??= Submissions.NewId();
        byte[] body = SubmissionOf(id, kind, inputJson, options);
        JobHandle handle = GetJob(id);
        int silosLost = 0;
        await _jobCalls.AskAsync(
            $"submission of job {handle.Id}",
            attempt => new HttpRequestMessage(HttpMethod.Post, attempt > 1 ? "/api/jobs?repeated=true" : "/api/jobs")
            {
                Content = JsonContentOf(body),
            },
            HttpCalls.AnswerTimeout,
            static (_, _) => Task.FromResult(true),
            cancellationToken,
            () =>
            {
                if (++silosLost == Submissions.SilosOneMayLose)
                    throw Submissions.EndsProcesses(handle.Id, kind);
            }
        );
        return handle;
    }

    /// <inheritdoc/>
    public async Task<JobCheck> CheckAsync<TInput, TResult>(
        JobKindRef<TInput, TResult> kind,
        TInput input,
        JobOptions? options = null,
        string? id = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(kind);
        return await CheckAsync(kind.Name, Submissions.InputOf(input), options, id, cancellationToken);
    }

    /// <inheritdoc/>
    /// <remarks>By HTTP a submission has at most 8 MiB.</remarks>
    public async Task<JobCheck> CheckAsync(
        string kind,
        ReadOnlyMemory<byte> inputJson,
        JobOptions? options = null,
        string? id = null,
        CancellationToken cancellationToken = default
    )
    {
        string of = id ?? Submissions.NewId();
        byte[] body = SubmissionOf(of, kind, inputJson, options);
        int silosLost = 0;
        return await _jobCalls.DocumentAsync<JobCheck>(
            $"check of a job of kind {kind}",
            _ => new HttpRequestMessage(HttpMethod.Post, "/api/jobs?dryRun=true") { Content = JsonContentOf(body) },
            cancellationToken,
            () =>
            {
                if (++silosLost == Submissions.SilosOneMayLose)
                    throw Submissions.EndsProcesses(of, kind);
            }
        );
    }

    /// <inheritdoc/>
    public JobHandle GetJob(string id)
    {
        Submissions.CheckId(id);
        return new HttpJobHandle(id, _jobCalls, _events, _options, _time);
    }

    /// <inheritdoc/>
    public Task<Page<JobSummary>> ListJobsAsync(JobQuery query, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        StringBuilder path = new("/api/jobs?limit=");
        path.Append(query.Limit.ToString(CultureInfo.InvariantCulture));
        Add("state", query.State is { } state ? JsonNamingPolicy.KebabCaseLower.ConvertName(state.ToString()) : null);
        Add("kind", query.Kind);
        Add("text", query.Text);
        Add("cursor", query.Cursor);
        return _listCalls.DocumentAsync<Page<JobSummary>>("list of jobs", _ => Get(path.ToString()), cancellationToken);

        void Add(string name, string? value)
        {
            if (value is not null)
                path.Append('&').Append(name).Append('=').Append(Uri.EscapeDataString(value));
        }
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<SiloStatus>> ListSilosAsync(CancellationToken cancellationToken = default) =>
        (await _listCalls.DocumentAsync<Page<SiloStatus>>("list of silos", _ => Get("/api/silos"), cancellationToken)).Items;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<KindStatus>> ListKindsAsync(CancellationToken cancellationToken = default) =>
        (await _listCalls.DocumentAsync<Page<KindStatus>>("list of kinds", _ => Get("/api/kinds"), cancellationToken)).Items;

    /// <inheritdoc/>
    public Task<SiloStatus> DrainSiloAsync(string silo, CancellationToken cancellationToken = default) =>
        AskSiloAsync("drain", silo, cancellationToken);

    /// <inheritdoc/>
    public Task<SiloStatus> UndrainSiloAsync(string silo, CancellationToken cancellationToken = default) =>
        AskSiloAsync("undrain", silo, cancellationToken);

    /// <inheritdoc/>
    public Task<SiloStatus> ProbeSiloAsync(string silo, CancellationToken cancellationToken = default) =>
        AskSiloAsync("probe", silo, cancellationToken);

    /// <inheritdoc/>
    Task<byte[]> IReportSource.ReadReportAsync(string id, string format, CancellationToken cancellationToken)
    {
        Submissions.CheckId(id);
        return _jobCalls.AskAsync(
            $"report of job {id}",
            _ => Get($"/api/jobs/{Uri.EscapeDataString(id)}/report?format={Uri.EscapeDataString(format)}"),
            s_reportTimeout,
            static (answer, token) => answer.Content.ReadAsByteArrayAsync(token),
            cancellationToken
        );
    }

    /// <inheritdoc/>
    public void Dispose() => _road.Dispose();

    /// <summary>Asks once whether somebody who takes the key answers.</summary>
    /// <exception cref="RequestException">The key is not taken, or the cluster does not answer.</exception>
    /// <exception cref="Exception">One of <see cref="HttpRoad.IsBroken"/>.</exception>
    internal async Task KnockAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        using HttpRequestMessage request = Get("/api/me");
        using HttpResponseMessage answer = await _road.SendAsync(request, timeout, cancellationToken);
    }

    private static HttpRequestMessage Get(string path) => new(HttpMethod.Get, path);

    private static ByteArrayContent JsonContentOf(byte[] body) =>
        new(body) { Headers = { ContentType = new MediaTypeHeaderValue(MediaTypeNames.Application.Json) } };

    private Task<SiloStatus> AskSiloAsync(string what, string silo, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(silo);
        return _listCalls.DocumentAsync<SiloStatus>(
            $"{what} of silo {silo}",
            _ => new HttpRequestMessage(HttpMethod.Post, $"/api/silos/{Uri.EscapeDataString(silo)}/{what}"),
            cancellationToken
        );
    }

    private static byte[] SubmissionOf(string id, string kind, ReadOnlyMemory<byte> inputJson, JobOptions? options)
    {
        ArgumentException.ThrowIfNullOrEmpty(kind);
        options ??= new JobOptions();
        Submissions.Check(options, inputJson);
        Submissions.CheckId(id);
        using MemoryStream body = new();
        using (Utf8JsonWriter writer = new(body, new JsonWriterOptions { Encoder = OrleansWorkJson.Documents.Encoder }))
        {
            writer.WriteStartObject();
            writer.WriteString("id", id);
            writer.WriteString("kind", kind);
            writer.WritePropertyName("input");
            WriteInput(writer, inputJson);
            writer.WritePropertyName("options");
            JsonSerializer.Serialize(writer, options, OrleansWorkJson.Documents);
            writer.WriteEndObject();
        }

        if (body.Length <= HttpApi.MaxBodyBytes)
            return body.ToArray();
        string message =
            $"The submission has {body.Length / (double)(1 << 20):0.0} MiB; by HTTP a cluster takes at most {HttpApi.MaxBodyBytes >> 20} MiB. Put the data where the silos can read it, and say where.";
        throw new RequestRefusedException(ErrorReason.WrongInput, message, [new InputProblem("input", message)]);
    }

    private static void WriteInput(Utf8JsonWriter writer, ReadOnlyMemory<byte> inputJson)
    {
        try
        {
            writer.WriteRawValue(inputJson.Span);
        }
        catch (Exception exception) when (exception is JsonException or ArgumentException)
        {
            // What is no JSON cannot be sent inside JSON: it is refused as the cluster would.
            IReadOnlyList<InputProblem> problems = KindInput.Read<JsonElement>(inputJson).Problems;
            InputProblem problem = problems.Count > 0 ? problems[0] : new InputProblem("", $"The input is not JSON: {exception.Message}");
            throw new RequestRefusedException(ErrorReason.WrongInput, problem.Message, [problem]);
        }
    }
}
