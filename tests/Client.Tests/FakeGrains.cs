using System.Reflection;
using System.Text.Json;
using OrleansWork.Protocol;

namespace OrleansWork.Client.Tests;

/// <summary>A grain factory that hands out the test's own grains.</summary>
public class FakeGrains : DispatchProxy
{
    private IJobGrain? _job;
    private IClusterGrain? _cluster;

    internal static IGrainFactory With(IJobGrain? job = null, IClusterGrain? cluster = null)
    {
        IGrainFactory factory = Create<IGrainFactory, FakeGrains>();
        ((FakeGrains)factory)._job = job;
        ((FakeGrains)factory)._cluster = cluster;
        return factory;
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) =>
        targetMethod is { Name: "GetGrain", IsGenericMethod: true } && targetMethod.GetGenericArguments()[0] == typeof(IJobGrain) ? _job
        : targetMethod is { Name: "GetGrain", IsGenericMethod: true } && targetMethod.GetGenericArguments()[0] == typeof(IClusterGrain)
            ? _cluster
        : throw new NotSupportedException(targetMethod?.Name);
}

/// <summary>A coordinator whose answers the test writes, one delegate a method.</summary>
internal sealed class FakeJobGrain : IJobGrain
{
    public const string KindName = "primes";

    public Func<SubmitRequest, SubmitReply> OnSubmit { get; set; } = _ => throw new NotSupportedException();

    public Func<long, TimeSpan, StatusReply> OnStatus { get; set; } = (_, _) => throw new NotSupportedException();

    public Func<long, ResultReply> OnResult { get; set; } = _ => throw new NotSupportedException();

    public Func<long, bool, UnitResultsReply> OnUnitResults { get; set; } = (_, _) => throw new NotSupportedException();

    public Func<DocumentReply> OnControl { get; set; } = () => throw new NotSupportedException();

    public int Calls { get; private set; }

    public static byte[] Status(string id, JobState state) =>
        JsonSerializer.SerializeToUtf8Bytes(
            new JobStatus
            {
                Id = id,
                Kind = KindName,
                Version = 1,
                State = state,
                Options = new JobOptions(),
                Units = new UnitCounts(10, 4, 0, 0),
                Leases = 2,
                Attempts = 4,
                SubmittedAt = DateTimeOffset.UnixEpoch,
                Silos = [new SiloShare("127.0.0.1:11111@1", 4, 2, 0.25)],
            },
            OrleansWorkJson.Documents
        );

    public Task<SubmitReply> SubmitAsync(SubmitRequest request) => Answer(() => OnSubmit(request));

    public Task<StatusReply> GetStatusAsync(long knownSequence, TimeSpan wait) => Answer(() => OnStatus(knownSequence, wait));

    public Task<ResultReply> GetResultAsync(long offset) => Answer(() => OnResult(offset));

    public Task<UnitResultsReply> GetUnitResultsAsync(long cursor, bool inOrder, TimeSpan wait) =>
        Answer(() => OnUnitResults(cursor, inOrder));

    public Task<DocumentReply> CancelAsync(string? reason) => Answer(OnControl);

    public Task<DocumentReply> PauseAsync() => Answer(OnControl);

    public Task<DocumentReply> ResumeAsync() => Answer(OnControl);

    public Task<DocumentReply> ChangeOptionsAsync(byte[] patch) => Answer(OnControl);

    public Task<DocumentReply> RetryAsync() => Answer(OnControl);

    public Task<DocumentReply> ForgetAsync() => Answer(OnControl);

    public Func<long, long?, LogReply> OnLog { get; set; } = (_, _) => throw new NotSupportedException();

    public Task<DocumentReply> CheckAsync(SubmitRequest request) => Answer(OnControl);

    public Task<DocumentReply> ExplainAsync(long? unit, long? lease) => throw new NotSupportedException();

    public Task<DocumentReply> GetAttemptsAsync(long unit) => throw new NotSupportedException();

    public Task<DocumentReply> GetLeaseHistoryAsync(double stepSeconds) => throw new NotSupportedException();

    public Task<DocumentReply> GetLeaseBandsAsync(DateTimeOffset? from, DateTimeOffset? to, int columns) =>
        throw new NotSupportedException();

    public Task<DocumentReply> GetLeasesAsync(byte[] query) => throw new NotSupportedException();

    public Task<LogReply> GetLogAsync(long after, long? unit, TimeSpan wait) => Answer(() => OnLog(after, unit));

    public Task<DocumentReply> GetDetailsAsync() => Answer(OnControl);

    public Task<JobDescription?> GetDescriptionAsync(ulong incarnation) => throw new NotSupportedException();

    public Task<bool> ReportAsync(ReportBatch batch) => throw new NotSupportedException();

    public Task<bool> BeginsAsync(BeginRequest request) => throw new NotSupportedException();

    public Task NoteAsync(UnitNotes notes) => throw new NotSupportedException();

    public Task EnsureRunningAsync() => throw new NotSupportedException();

    private async Task<T> Answer<T>(Func<T> answer)
    {
        Calls++;
        await Task.Yield();
        return answer();
    }
}
