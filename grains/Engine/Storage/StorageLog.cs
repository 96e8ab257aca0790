using System.Globalization;
using Microsoft.Extensions.Logging;

namespace OrleansWork.Engine.Storage;

/// <summary>Says that storage fails, in a few lines a second for the whole silo: hundreds of jobs meet the same outage.</summary>
internal sealed partial class StorageLog(ILogger<StorageLog> logger, TimeProvider time)
{
    /// <summary>How many lines are written a second at most.</summary>
    public const int LinesPerSecond = 5;

    private const int MaxReasonChars = 300;
    private readonly Lock _gate = new();
    private long _second = -1;
    private int _lines;
    private long _leftOut;

    /// <summary>Writes one line, unless there were enough in this second; those left out are counted in the next one.</summary>
    /// <param name="what">What could not be done and what comes of it: "Job 3f2a: a checkpoint could not be stored; it is tried again".</param>
    /// <param name="exception">Why.</param>
    public void Failed(string what, Exception exception)
    {
        long leftOut;
        lock (_gate)
        {
            long second = (long)time.GetElapsedTime(0).TotalSeconds;
            if (second != _second)
                (_second, _lines) = (second, 0);
            if (_lines == LinesPerSecond)
            {
                _leftOut++;
                return;
            }

            _lines++;
            (leftOut, _leftOut) = (_leftOut, 0);
        }

        string before =
            leftOut == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $" ({leftOut} such lines before this one were left out)");
        StorageFailed(what, FirstLine(exception.Message), before);
    }

    private static string FirstLine(string text)
    {
        int end = text.AsSpan().IndexOfAny('\r', '\n');
        end = end < 0 ? text.Length : end;
        return text[..Math.Min(end, MaxReasonChars)];
    }

    [LoggerMessage(LogLevel.Warning, "{What}: {Reason}{Before}")]
    private partial void StorageFailed(string what, string reason, string before);
}
