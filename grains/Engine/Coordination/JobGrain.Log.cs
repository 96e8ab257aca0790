using Microsoft.Extensions.Logging;
using OrleansWork.Scheduling.Coordination;

namespace OrleansWork.Engine.Coordination;

internal sealed partial class JobGrain
{
    [LoggerMessage(LogLevel.Information, "Job {JobId} recorded: kind {Kind} version {Version}")]
    private partial void JobRecorded(string jobId, string kind, int version);

    [LoggerMessage(LogLevel.Information, "Job {JobId} runs under epoch {Epoch}: {UnitCount} units")]
    private partial void StartedRunning(string jobId, int epoch, long unitCount);

    [LoggerMessage(LogLevel.Information, "Job {JobId}: {Changes}; leases granted from now on follow that")]
    private partial void ChangedOptions(string jobId, string changes);

    [LoggerMessage(LogLevel.Information, "Job {JobId} ended: {State} after {Leases} leases and {Attempts} unit executions")]
    private partial void JobEnded(string jobId, JobState state, long leases, long attempts);

    [LoggerMessage(LogLevel.Information, "Job {JobId}: the coordinator of epoch {Epoch} is superseded; it stops here")]
    private partial void SupersededBy(string jobId, int epoch);

    [LoggerMessage(LogLevel.Information, "Job {JobId} is forgotten: nothing of it is stored any more")]
    private partial void Forgotten(string jobId);

    [LoggerMessage(LogLevel.Information, "Job {JobId} is open again: what failed is retried, for the {Count}. time")]
    private partial void JobRetried(string jobId, int count);

    [LoggerMessage(LogLevel.Error, "Job {JobId}: its run did not start as it should")]
    private partial void StartFailed(Exception exception, string jobId);

    [LoggerMessage(LogLevel.Error, "Job {JobId}: its stored record cannot be read; the job stays as it is, others are not affected")]
    private partial void RecordUnreadable(Exception exception, string jobId);

    [LoggerMessage(LogLevel.Error, "Job {JobId}: {Command} could not be carried out")]
    private partial void CommandFailed(Exception exception, string jobId, LifeCommand command);
}
