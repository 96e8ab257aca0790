using Microsoft.Extensions.Logging;

namespace OrleansWork.Engine.Execution;

internal static partial class ComputePoolLog
{
    [LoggerMessage(LogLevel.Debug, "Job {JobId}: unit {Unit}, attempt {Attempt}: {Text}")]
    public static partial void UnitSaid(ILogger logger, string jobId, long unit, int attempt, string text);

    [LoggerMessage(LogLevel.Information, "Job {JobId}: prepared in {PrepareMs} ms as {Kind} version {Version}; its leases run here now")]
    public static partial void Prepared(ILogger logger, string jobId, string kind, int version, double prepareMs);

    [LoggerMessage(LogLevel.Information, "Job {JobId}: could not be prepared: {Type}: {Message}; its leases went back to the coordinator")]
    public static partial void NotPrepared(ILogger logger, string jobId, string type, string message);

    [LoggerMessage(
        LogLevel.Information,
        "Job {JobId}: its coordinator did not answer the question for its description: {Message}; its leases were refused and the next one asks again"
    )]
    public static partial void NotDescribed(ILogger logger, string jobId, string message);

    [LoggerMessage(LogLevel.Debug, "Job {JobId}: nobody said whether lease {Lease} may begin, which is to run alone; it is handed back")]
    public static partial void NotBegun(ILogger logger, Exception exception, string jobId, long lease);

    [LoggerMessage(
        LogLevel.Debug,
        "Job {JobId}: lease {Lease} of epoch {Epoch} at unit {Unit} is detached; its report follows by a call of this silo's"
    )]
    public static partial void Detached(ILogger logger, string jobId, long lease, int epoch, long unit);

    [LoggerMessage(
        LogLevel.Warning,
        "Job {JobId}: unit {Unit} ignored its cancellation for {IgnoredMs} ms; its slot is given up ({Lost} so far, {Replaceable} are replaced)"
    )]
    public static partial void SlotLost(ILogger logger, string jobId, long unit, long ignoredMs, int lost, int replaceable);

    [LoggerMessage(
        LogLevel.Warning,
        "Code of asynchronous units blocks the threads that they share, one per slot: {Added} were added to go on (MaxAddedThreads: {Most}); await instead of .Result, .Wait() and Thread.Sleep costs none"
    )]
    public static partial void ThreadsAdded(ILogger logger, int added, int most);

    [LoggerMessage(LogLevel.Debug, "Job {JobId}: {Reports} reports were not taken ({Reason}); sent again in {PauseMs} ms")]
    public static partial void ReportNotTaken(ILogger logger, string jobId, int reports, string reason, double pauseMs);

    [LoggerMessage(LogLevel.Warning, "Job {JobId}: the result of lease {Lease} is lost: {Reason}; its units are run again")]
    public static partial void ResultLost(ILogger logger, string jobId, long lease, string reason);

    [LoggerMessage(LogLevel.Warning, "Job {JobId}: the end of its kind's instance threw {Type}: {Message}; nothing is waiting for it")]
    public static partial void DisposeFailed(ILogger logger, string jobId, string type, string message);

    [LoggerMessage(LogLevel.Information, "Draining: no new leases; {Held} leases are held")]
    public static partial void Draining(ILogger logger, int held);

    [LoggerMessage(LogLevel.Information, "Drains no more: takes leases again")]
    public static partial void Undrained(ILogger logger);

    [LoggerMessage(LogLevel.Information, "Drained in {DrainMs} ms; {Held} leases were still held")]
    public static partial void Drained(ILogger logger, double drainMs, int held);
}
