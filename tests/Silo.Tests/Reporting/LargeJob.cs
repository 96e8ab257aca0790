using System.Runtime.CompilerServices;

namespace OrleansWork.Silo.Tests.Reporting;

/// <summary>A job of which as much is kept as the test says, and nothing else can be asked.</summary>
internal sealed class LargeJob(int leases, int failures, int lines) : JobHandle("large")
{
    private static readonly DateTimeOffset s_base = DateTimeOffset.UnixEpoch;

    public override Task<JobDetails> GetDetailsAsync(CancellationToken cancellationToken = default) =>
        Task.FromResult(
            new JobDetails
            {
                Id = Id,
                Kind = "kind",
                State = JobState.Succeeded,
                Options = new JobOptions(),
                Units = new UnitCounts(leases, leases, failures, 0),
                Failures = [.. Enumerable.Range(0, failures).Select(unit => new UnitFailure(unit, 3, "T", new string('m', 8_000), "s"))],
            }
        );

    public override Task<UnitAttempts> GetAttemptsAsync(long unit, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public override Task<JobLeases> GetLeasesAsync(LeaseQuery query, CancellationToken cancellationToken = default)
    {
        int before = query.Cursor is { } cursor ? int.Parse(cursor, System.Globalization.CultureInfo.InvariantCulture) : leases;
        int first = Math.Max(0, before - query.Limit);
        int[] numbers = [.. Enumerable.Range(first, before - first)];
        return Task.FromResult(
            new JobLeases
            {
                Base = s_base,
                Now = s_base.AddMilliseconds(leases),
                Silos = [new StreamSilo("127.0.0.1:11111@1", 2, 1)],
                Granted = leases,
                Recorded = leases,
                NextCursor = first == 0 ? null : first.ToString(System.Globalization.CultureInfo.InvariantCulture),
                Columns = new LeaseColumns
                {
                    Number = [.. numbers.Select(static number => (long)number)],
                    Epoch = [.. numbers.Select(static _ => 1)],
                    Silo = [.. numbers.Select(static _ => 0)],
                    Slot = [.. numbers.Select(static number => number % 2)],
                    UnitFrom = [.. numbers.Select(static number => (long)number)],
                    UnitCount = [.. numbers.Select(static _ => 1L)],
                    GrantedMs = [.. numbers.Select(static number => number + 0.125)],
                    StartedMs = [.. numbers.Select(static number => (double?)(number + 0.25))],
                    EndedMs = [.. numbers.Select(static number => (double?)(number + 0.75))],
                    BudgetMs = [.. numbers.Select(static _ => 50d)],
                    Attempt = [.. numbers.Select(static _ => 1)],
                    Outcome = [.. numbers.Select(static _ => LeaseState.Committed)],
                    SpeculativeOf = [.. numbers.Select(static _ => 0L)],
                    Own = [.. numbers.Select(static _ => 1)],
                    OtherJob = [.. numbers.Select(static _ => -1)],
                },
            }
        );
    }

    public override async IAsyncEnumerable<UnitLogLine> LogAsync(
        long? unit = null,
        bool follow = false,
        [EnumeratorCancellation] CancellationToken cancellationToken = default
    )
    {
        await Task.CompletedTask;
        for (int line = 1; line <= lines; line++)
            yield return new UnitLogLine(line, s_base, "information", 0, 1, "s", "text", null);
    }

    public override Task<JobStatus> GetStatusAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public override IAsyncEnumerable<JobStatus> WatchAsync(CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public override Task<JobStatus> CancelAsync(string? reason = null, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public override Task<JobStatus> PauseAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public override Task<JobStatus> ResumeAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public override Task<JobStatus> ChangeOptionsAsync(JobOptionsChange change, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public override Task<JobStatus> RetryAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public override Task ForgetAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();

    protected internal override Task<JobExplanation> ExplainCoreAsync(long? unit, long? lease, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    protected internal override Task<JobResult> ResultCoreAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    protected internal override IAsyncEnumerable<UnitResult> UnitResultsCoreAsync(bool inOrder, CancellationToken cancellationToken) =>
        throw new NotSupportedException();
}
