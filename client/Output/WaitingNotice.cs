namespace OrleansWork.Console.Output;

/// <summary>Says, once for each reason, what a job waits for; where nothing is drawn, nobody would know.</summary>
internal sealed class WaitingNotice : IDisposable
{
    // A job that has just begun waits for a moment for everything.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly Terminal _terminal;
    private readonly ITimer _timer;
    private string _job = "";
    private string? _reason;
    private string? _said;

    public WaitingNotice(Terminal terminal, TimeProvider time)
    {
        _terminal = terminal;
        _timer = time.CreateTimer(_ => Say(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Takes where the job stands.</summary>
    public void Take(JobStatus job)
    {
        string? reason = ReasonOf(job);
        lock (_lock)
        {
            if (string.Equals(reason, _reason, StringComparison.Ordinal))
                return;
            (_job, _reason) = (job.Id, reason);
            _timer.Change(reason is null ? Timeout.InfiniteTimeSpan : Patience, Timeout.InfiniteTimeSpan);
        }
    }

    public void Dispose() => _timer.Dispose();

    private static string? ReasonOf(JobStatus job) =>
        job.IsTerminal ? null
        : job.Waiting is { } reason ? $"waits: {reason}"
        : job.State == JobState.Queued ? "waits for its turn: as many jobs run as may at once"
        : job.State == JobState.Paused ? $"is paused: orleanswork resume {job.Id}"
        : null;

    private void Say()
    {
        lock (_lock)
        {
            if (_reason is null || string.Equals(_reason, _said, StringComparison.Ordinal))
                return;
            _said = _reason;
            _terminal.Note($"Job {_job} {_reason}");
        }
    }
}
