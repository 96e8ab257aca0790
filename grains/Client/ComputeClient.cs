using System.Security.Cryptography;
using System.Text.Json;
using OrleansWork.Protocol;
using OrleansWork.Values;

namespace OrleansWork;

/// <summary>The way into a cluster by the grains that every silo hosts.</summary>
internal sealed class ComputeClient : IComputeClient
{
    private const int SilosASubmissionMayLose = 4;

    // Above Orleans' own limit of 100 MiB a message breaks the connection for everybody: it is not even sent.
    private const int MaxInputBytes = 64 << 20;

    private readonly IGrainFactory _grains;
    private readonly ComputeClientOptions _options;
    private readonly TimeProvider _time;
    private readonly GrainCalls _jobCalls;
    private readonly GrainCalls _listCalls;

    public ComputeClient(IGrainFactory grains, ComputeClientOptions options, TimeProvider time)
    {
        _grains = grains;
        _options = options;
        _time = time;
        _jobCalls = new GrainCalls(options.RetryFor, options.RetryBusy, time);
        _listCalls = new GrainCalls(options.RetryListsFor, options.RetryBusy, time);
    }

    private IClusterGrain Cluster => _grains.GetGrain<IClusterGrain>(0);

    public async Task<JobHandle<TResult>> SubmitAsync<TInput, TResult>(
        JobKindRef<TInput, TResult> kind,
        TInput input,
        JobOptions? options = null,
        string? id = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(kind);
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(input, OrleansWorkJson.Payloads);
        if (json.Length <= MaxInputBytes && InputCrossing.Problem(input, json) is { } lost)
            throw new RequestRefusedException(ErrorReason.WrongInput, lost.Message, [lost]);
        return new JobHandle<TResult>(await SubmitAsync(kind.Name, json, options, id, cancellationToken));
    }

    public async Task<JobHandle> SubmitAsync(
        string kind,
        ReadOnlyMemory<byte> inputJson,
        JobOptions? options = null,
        string? id = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentException.ThrowIfNullOrEmpty(kind);
        options ??= new JobOptions();
        InputProblem[] problems = [.. options.Validate()];
        if (problems.Length > 0)
            throw new RequestRefusedException(
                ErrorReason.WrongInput,
                string.Join(' ', problems.Select(problem => problem.Message)),
                problems
            );
        if (inputJson.Length > MaxInputBytes)
        {
            string message =
                $"The input has {inputJson.Length / (1 << 20)} MiB; no cluster takes more than {MaxInputBytes / (1 << 20)} MiB, and by default 16. Put the data where the silos can read it, and say where.";
            throw new RequestRefusedException(ErrorReason.WrongInput, message, [new InputProblem("input", message)]);
        }

        JobHandle handle = GetJob(id ?? RandomNumberGenerator.GetHexString(16, lowercase: true));

        SubmitRequest request = new(kind, inputJson, JsonSerializer.SerializeToUtf8Bytes(options, OrleansWorkJson.Documents));
        IJobGrain grain = _grains.GetGrain<IJobGrain>(handle.Id);
        int silosLost = 0;
        await _jobCalls.RunAsync(
            $"submission of job {handle.Id}",
            async () =>
            {
                SubmitReply reply;
                try
                {
                    reply = await grain.SubmitAsync(request);
                }
                catch (SiloUnavailableException) when (++silosLost == SilosASubmissionMayLose)
                {
                    throw new RequestRefusedException(
                        ErrorReason.Refused,
                        $"{silosLost} silos ended while they took the submission of job {handle.Id}; it is not sent again. Validate or CountUnits of kind {kind} may end the process: the logs of the silos that ended say more."
                    );
                }
                catch (Exception exception) when (exception is not RequestException)
                {
                    request = request with { IsRepeated = true };
                    throw;
                }

                return GrainCalls.DocumentOrThrow(reply.Status, reply.Refusal);
            },
            cancellationToken
        );
        return handle;
    }

    public JobHandle GetJob(string id)
    {
        if (!Keys.IsJobId(id))
        {
            string message = $"'{id}' is not a job id; an id is 1 to 64 letters, digits, dots, underscores and hyphens.";
            throw new RequestRefusedException(ErrorReason.WrongInput, message, [new InputProblem("id", message)]);
        }

        return new GrainJobHandle(id, _grains, _jobCalls, _options, _time);
    }

    public async Task<Page<JobSummary>> ListJobsAsync(JobQuery query, CancellationToken cancellationToken = default)
    {
        byte[] document = JsonSerializer.SerializeToUtf8Bytes(query, OrleansWorkJson.Documents);
        byte[] page = await _listCalls.RunAsync(
            "list of jobs",
            async () =>
            {
                DocumentReply reply = await Cluster.ListJobsAsync(document);
                return GrainCalls.DocumentOrThrow(reply.Document, reply.Refusal);
            },
            cancellationToken
        );
        return Documents.Read<Page<JobSummary>>(page);
    }

    public async Task<IReadOnlyList<SiloStatus>> ListSilosAsync(CancellationToken cancellationToken = default) =>
        Documents.Read<SiloStatus[]>(await _listCalls.RunAsync("list of silos", () => Cluster.GetSilosAsync(), cancellationToken));

    public async Task<IReadOnlyList<KindStatus>> ListKindsAsync(CancellationToken cancellationToken = default) =>
        Documents.Read<KindStatus[]>(await _listCalls.RunAsync("list of kinds", () => Cluster.GetKindsAsync(), cancellationToken));

    public Task<SiloStatus> DrainSiloAsync(string silo, CancellationToken cancellationToken = default) =>
        DrainAsync("drain", silo, drains: true, cancellationToken);

    public Task<SiloStatus> UndrainSiloAsync(string silo, CancellationToken cancellationToken = default) =>
        DrainAsync("undrain", silo, drains: false, cancellationToken);

    private async Task<SiloStatus> DrainAsync(string what, string silo, bool drains, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(silo);
        byte[] document = await _listCalls.RunAsync(
            $"{what} of silo {silo}",
            async () =>
            {
                DocumentReply reply = await Cluster.DrainAsync(silo, drains);
                return GrainCalls.DocumentOrThrow(reply.Document, reply.Refusal);
            },
            cancellationToken
        );
        return Documents.Read<SiloStatus>(document);
    }
}
