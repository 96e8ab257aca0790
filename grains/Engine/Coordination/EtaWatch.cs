using Microsoft.Extensions.Logging;
using OrleansWork.Scheduling.Coordination;

namespace OrleansWork.Engine.Coordination;

/// <summary>How long a run still takes, estimated at most twice a second.</summary>
internal sealed partial class EtaWatch(JobMachine machine, string jobId, ILogger logger)
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(500);

    private readonly ILogger _logger = logger;
    private EtaInterval? _eta;
    private TimeSpan? _estimatedAt;
    private bool _saidNotEstimated;

    /// <summary>Returns the estimate; null when there is none.</summary>
    public EtaInterval? Get(TimeSpan now)
    {
        if (now - _estimatedAt < Period)
            return _eta;
        _estimatedAt = now;
        try
        {
            _eta = machine.Eta(now) is { } eta
                ? new EtaInterval(Math.Round(eta.Low.TotalSeconds, 3), Math.Round(eta.High.TotalSeconds, 3))
                : null;
        }
        catch (Exception exception)
        {
            // Nobody needs an estimate to know where the job stands, or to end it.
            _eta = null;
            if (!_saidNotEstimated)
                NotEstimated(exception, jobId);
            _saidNotEstimated = true;
        }

        return _eta;
    }

    [LoggerMessage(LogLevel.Warning, "Job {JobId}: how long it still takes cannot be estimated; everything else of it goes on")]
    private partial void NotEstimated(Exception exception, string jobId);
}
