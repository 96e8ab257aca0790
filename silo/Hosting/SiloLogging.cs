using System.Diagnostics;
using Microsoft.Extensions.Logging.Console;

namespace OrleansWork.Silo.Hosting;

/// <summary>Logs go to standard error, one line an event; standard output carries only what the supervisor is told.</summary>
internal static class SiloLogging
{
    private static readonly TimeSpan WatchdogSilence = TimeSpan.FromMinutes(1);

    /// <summary>Configures the console logger.</summary>
    public static void UseStandardError(this ILoggingBuilder logging)
    {
        long started = Stopwatch.GetTimestamp();
        logging.Services.AddSingleton<ConsoleFormatter>(_ => new LogLine(TimeProvider.System));
        logging.AddConsole(o =>
        {
            o.FormatterName = LogLine.FormatterName;
            o.LogToStandardErrorThreshold = LogLevel.Trace;
        });

        // Its first message takes the machine's uptime for a pause of the process.
        logging.AddFilter(
            "Orleans.Runtime.Watchdog",
            level => level >= LogLevel.Warning && Stopwatch.GetElapsedTime(started) > WatchdogSilence
        );
    }
}
