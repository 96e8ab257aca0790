using System.Diagnostics;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace OrleansWork.Engine.Hosting;

/// <summary>Ends the host of a silo that cannot go on in its process, so that whoever started it starts a new one.</summary>
/// <remarks>A process that is the silo's alone ends at once when it is cut off: whatever an orderly end would wait for does not answer. Another host is
/// stopped as if somebody had asked it to, and its own time-out bounds that.</remarks>
internal sealed partial class HostEnd(
    SiloHealth health,
    IOptions<EngineOptions> options,
    ILoggerFactory loggers,
    ILogger<HostEnd> logger,
    IHostApplicationLifetime? lifetime = null
) : IHostedService
{
    private static readonly TimeSpan AtOnceBound = TimeSpan.FromSeconds(1);
    private readonly CancellationTokenSource _stopping = new();

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        _ = EndAsync();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => _stopping.CancelAsync();

    private async Task EndAsync()
    {
        SiloFailure failure;
        try
        {
            failure = await health.Failed.WaitAsync(_stopping.Token);
        }
        catch (OperationCanceledException)
        {
            return;
        }

        LogFailed(failure.Message);
        if (!options.Value.StopsHost)
            return;
        Environment.ExitCode = failure.ExitCode;
        if (failure.Cause == SiloFailureCause.Isolated && options.Value.OwnsProcess)
            EndAtOnce(failure.ExitCode);
        else
            lifetime?.StopApplication();
    }

    private void EndAtOnce(int exitCode)
    {
        // Should leaving hang all the same, the process is killed.
        using Timer hardStop = new(_ => Process.GetCurrentProcess().Kill(), null, AtOnceBound, Timeout.InfiniteTimeSpan);
        loggers.Dispose();
        Environment.Exit(exitCode);
    }

    [LoggerMessage(LogLevel.Critical, "{Failure}; this silo ends so that a new process can take its place")]
    private partial void LogFailed(string failure);
}
