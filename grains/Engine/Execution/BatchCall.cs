using System.Runtime.InteropServices;
using System.Threading.Tasks.Sources;
using OrleansWork.Protocol;
using OrleansWork.Scheduling.Coordination;

namespace OrleansWork.Engine.Execution;

/// <summary>A lease call under way: answered when each of its leases has a report. Guarded by the pool's lock, but for the answer itself.</summary>
internal sealed class BatchCall : IValueTaskSource<ReportBatch>
{
    private readonly LeaseReport?[] _reports;
    private ManualResetValueTaskSourceCore<ReportBatch> _answer = new() { RunContinuationsAsynchronously = true };
    private int _open;

    public BatchCall(JobSession session, int leases)
    {
        Session = session;
        _reports = new LeaseReport?[leases];
        Works = new LeaseWork?[leases];
        _open = leases;
    }

    /// <summary>Gets the leases that were admitted; null where one was not.</summary>
    public LeaseWork?[] Works { get; }

    /// <summary>Gets or sets whether the ticker watches that the finished leases do not wait too long for the others.</summary>
    public bool IsWatched { get; set; }

    public JobSession Session { get; }

    /// <summary>Gets whether some leases have ended and others run on: their coordinator waits for the finished ones.</summary>
    public bool IsPartlyDone => FirstDoneMicros >= 0 && _open > 0;

    /// <summary>Gets when the first lease ended, or -1.</summary>
    public long FirstDoneMicros { get; private set; } = -1;

    public ValueTask<ReportBatch> Task => new(this, _answer.Version);

    /// <summary>Sets one lease's report.</summary>
    /// <returns>Whether it was the last: then <see cref="Answer"/> must follow, outside the pool's lock.</returns>
    public bool Set(int index, LeaseReport report, long nowMicros)
    {
        if (_reports[index] is not null)
            return false;
        _reports[index] = report;
        if (FirstDoneMicros < 0 && report.Outcome == LeaseOutcome.Done)
            FirstDoneMicros = nowMicros;
        return --_open == 0;
    }

    /// <summary>Returns the reports; only once all are there.</summary>
    public System.Collections.Immutable.ImmutableArray<LeaseReport> Reports => ImmutableCollectionsMarshal.AsImmutableArray(_reports)!;

    /// <summary>Answers the call.</summary>
    public void Answer(ReportBatch batch) => _answer.SetResult(batch);

    /// <inheritdoc/>
    public ReportBatch GetResult(short token) => _answer.GetResult(token);

    /// <inheritdoc/>
    public ValueTaskSourceStatus GetStatus(short token) => _answer.GetStatus(token);

    /// <inheritdoc/>
    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _answer.OnCompleted(continuation, state, token, flags);
}
