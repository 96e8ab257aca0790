using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;

namespace OrleansWork.Console.Tests;

/// <summary>A job whose life is what the test tells it.</summary>
internal sealed class FakeJob : JobHandle
{
    public static readonly DateTimeOffset Start = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    private readonly Channel<JobStatus> _statuses = Channel.CreateUnbounded<JobStatus>();

    public FakeJob(string id, string kind, string input)
        : base(id)
    {
        Input = input;
        Current = new JobStatus
        {
            Id = id,
            Kind = kind,
            Version = 1,
            State = JobState.Running,
            Options = new JobOptions(),
            Units = new UnitCounts(10, 4, 0, 0),
            Leases = 2,
            Attempts = 4,
            SubmittedAt = Start,
            StartedAt = Start.AddMilliseconds(5),
            ElapsedSeconds = 1.5,
            EtaSeconds = new EtaInterval(2, 3),
            Coordinator = "127.0.0.1:11111@1",
            Silos = [new SiloShare("127.0.0.1:11111@1", 4, 2, 0.25)],
        };
    }

    public string Input { get; }

    /// <summary>Gets or sets what is measured of how it ran; null when nothing is known.</summary>
    public JobDetails? Measured { get; set; }

    public JobOptions Options
    {
        get => Current.Options;
        init => Current = Current with { Options = value };
    }

    public JobStatus Current { get; private set; }

    public byte[] Result { get; private set; } = [];

    public string MediaType { get; private set; } = "application/json";

    public string? CancelReason { get; private set; }

    public int Cancels { get; private set; }

    public void Become(JobStatus status)
    {
        Current = status;
        _statuses.Writer.TryWrite(status);
        if (status.IsTerminal)
            _statuses.Writer.TryComplete();
    }

    public void Succeed(string json, double coverage = 1) => Succeed(Encoding.UTF8.GetBytes(json), "application/json", coverage);

    public void Succeed(byte[] content, string mediaType, double coverage = 1)
    {
        (Result, MediaType) = (content, mediaType);
        Become(
            Current with
            {
                State = JobState.Succeeded,
                Coverage = coverage,
                Units = new UnitCounts(10, (long)(10 * coverage), 10 - (long)(10 * coverage), 0),
                EtaSeconds = null,
                FinishedAt = Start.AddSeconds(2),
                ElapsedSeconds = 2,
            }
        );
    }

    public void Fail(string message) =>
        Become(
            Current with
            {
                State = JobState.Failed,
                Error = new JobError("System.FormatException", message, 7, "127.0.0.1:11112@1"),
                EtaSeconds = null,
                FinishedAt = Start.AddSeconds(2),
            }
        );

    public override Task<JobStatus> GetStatusAsync(CancellationToken cancellationToken = default) => Task.FromResult(Current);

    public override Task<JobDetails> GetDetailsAsync(CancellationToken cancellationToken = default)
    {
        // A copy by way of the document, as the real one comes.
        JsonElement status = JsonSerializer.SerializeToElement(Current, OrleansWorkJson.Documents);
        JobDetails details = status.Deserialize<JobDetails>(OrleansWorkJson.Documents)!;
        return Task.FromResult(
            details with
            {
                Input = JsonElement.Parse(Input),
                Silos = Measured?.Silos ?? details.Silos,
                InputHash = Measured?.InputHash,
                ResultHash = Measured?.ResultHash,
                LowerBoundSeconds = Measured?.LowerBoundSeconds,
                LastRoundSeconds = Measured?.LastRoundSeconds,
                Balance = Measured?.Balance,
                LeaseSeconds = Measured?.LeaseSeconds,
                Result = Current.State == JobState.Succeeded && MediaType == "application/json" ? JsonElement.Parse(Result) : null,
            }
        );
    }

    public override async IAsyncEnumerable<JobStatus> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (JobStatus status in _statuses.Reader.ReadAllAsync(cancellationToken))
            yield return status;
    }

    protected override Task<JobResult> ResultCoreAsync(CancellationToken cancellationToken) =>
        Task.FromResult(new JobResult(Result, MediaType, Current));

    /// <summary>The results of a map job, as they come.</summary>
    public IAsyncEnumerable<UnitResult> Results { get; set; } = AsyncEnumerable.Empty<UnitResult>();

    protected override async IAsyncEnumerable<UnitResult> UnitResultsCoreAsync(
        bool inOrder,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        await foreach (UnitResult result in Results.WithCancellation(cancellationToken))
            yield return result;
        if (Current is { IsTerminal: true, State: not JobState.Succeeded })
            throw Current.State == JobState.Canceled ? new JobCanceledException(Current) : new JobFailedException(Current);
    }

    /// <summary>A stream in which nothing ever comes.</summary>
    public async IAsyncEnumerable<T> NeverAsync<T>([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await Task.Delay(Timeout.Infinite, cancellationToken);
        yield break;
    }

    public override Task<JobStatus> CancelAsync(string? reason = null, CancellationToken cancellationToken = default)
    {
        CancelReason = reason;
        Cancels++;
        if (!Current.IsTerminal)
            Become(Current with { State = JobState.Canceled, Error = new JobError("canceled", $"Canceled: {reason}."), EtaSeconds = null });
        return Task.FromResult(Current);
    }

    public override Task<JobStatus> PauseAsync(CancellationToken cancellationToken = default)
    {
        Become(Current with { State = JobState.Paused });
        return Task.FromResult(Current);
    }

    public override Task<JobStatus> ResumeAsync(CancellationToken cancellationToken = default)
    {
        Become(Current with { State = JobState.Running });
        return Task.FromResult(Current);
    }

    public override Task<JobStatus> ChangeOptionsAsync(JobOptionsChange change, CancellationToken cancellationToken = default)
    {
        if (Current.IsTerminal)
            throw new RequestRefusedException(ErrorReason.Refused, $"Job {Id} has ended; only the options of an open job can be changed.");
        Become(Current with { Options = change.ApplyTo(Current.Options) });
        return Task.FromResult(Current);
    }

    public override Task<JobStatus> RetryAsync(CancellationToken cancellationToken = default)
    {
        if (Current.State != JobState.Failed)
            throw new RequestRefusedException(ErrorReason.Refused, $"Job {Id} has no failed units: there is nothing to retry.");
        Become(Current with { State = JobState.Running, Error = null });
        return Task.FromResult(Current);
    }

    public bool Forgotten { get; private set; }

    public override Task ForgetAsync(CancellationToken cancellationToken = default)
    {
        if (!Current.IsTerminal)
            throw new RequestRefusedException(ErrorReason.Refused, $"Job {Id} is running; only a job that has ended can be forgotten.");
        Forgotten = true;
        return Task.CompletedTask;
    }

    public List<UnitLogLine> Log { get; } = [];

    /// <summary>What is logged while somebody follows.</summary>
    public Func<CancellationToken, IAsyncEnumerable<UnitLogLine>>? FollowedLog { get; set; }

    public (long? Unit, bool Follow) LogAsked { get; private set; }

    /// <summary>Gets or sets the explanation.</summary>
    public JobExplanation? Explanation { get; set; }

    /// <summary>Gets what was asked to be explained last.</summary>
    public (long? Unit, long? Lease)? ExplainAsked { get; private set; }

    public override Task<UnitAttempts> GetAttemptsAsync(long unit, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public override Task<JobLeases> GetLeasesAsync(LeaseQuery query, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    protected override Task<JobExplanation> ExplainCoreAsync(long? unit, long? lease, CancellationToken cancellationToken)
    {
        ExplainAsked = (unit, lease);
        return Task.FromResult(Explanation ?? throw new NotSupportedException());
    }

    public override async IAsyncEnumerable<UnitLogLine> LogAsync(
        long? unit = null,
        bool follow = false,
        [EnumeratorCancellation] CancellationToken cancellationToken = default
    )
    {
        LogAsked = (unit, follow);
        await Task.Yield();
        if (FollowedLog is not null && follow)
        {
            await foreach (UnitLogLine line in FollowedLog(cancellationToken))
                yield return line;
        }

        foreach (UnitLogLine line in Log)
            yield return line;
    }
}
