namespace OrleansWork.Console.Output;

/// <summary>Units a second over the last seconds, from what was seen done and when.</summary>
internal sealed class SpeedMeter(TimeProvider time)
{
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(3);

    private readonly Queue<(long At, long Done)> _seen = [];

    /// <summary>Notes how many units are done now.</summary>
    /// <returns>Units a second over the window, or null while there is nothing to compare.</returns>
    public double? Note(long done)
    {
        long now = time.GetTimestamp();
        _seen.Enqueue((now, done));
        while (_seen.Count > 2 && time.GetElapsedTime(_seen.Peek().At, now) > Window)
            _seen.Dequeue();
        (long at, long before) = _seen.Peek();
        double seconds = time.GetElapsedTime(at, now).TotalSeconds;
        return seconds <= 0 ? null : Math.Max(0, done - before) / seconds;
    }
}
