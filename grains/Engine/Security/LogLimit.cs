namespace OrleansWork.Engine.Security;

/// <summary>Lets one line in ten seconds through and counts the others: what strangers can cause must not fill the log.</summary>
internal sealed class LogLimit(TimeProvider time)
{
    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(10);
    private readonly Lock _lock = new();
    private long? _last;
    private int _suppressed;

    /// <summary>Asks whether to write a line now.</summary>
    /// <param name="suppressed">How many lines were not written since the last one.</param>
    public bool TryTake(out int suppressed)
    {
        lock (_lock)
        {
            suppressed = _suppressed;
            if (_last is { } last && time.GetElapsedTime(last) < s_period)
            {
                _suppressed++;
                return false;
            }

            (_last, _suppressed) = (time.GetTimestamp(), 0);
            return true;
        }
    }
}
