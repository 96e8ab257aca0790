namespace OrleansWork.Engine.Cluster;

/// <summary>What this silo has seen happen to silos since it started: of a day, and the newest thousand at most. Safe for many threads.</summary>
internal sealed class SiloEvents(TimeProvider time)
{
    /// <summary>How many are kept.</summary>
    public const int Most = 1_000;

    /// <summary>For how long they are kept.</summary>
    public static readonly TimeSpan Kept = TimeSpan.FromDays(1);

    private readonly Lock _gate = new();
    private readonly Queue<SiloEvent> _events = new();

    /// <summary>Notes one.</summary>
    public void Note(SiloAddress silo, string kind, string text)
    {
        SiloEvent happened = new(time.GetUtcNow(), silo.ToParsableString(), kind, text);
        lock (_gate)
        {
            _events.Enqueue(happened);
            if (_events.Count > Most)
                _events.Dequeue();
        }
    }

    /// <summary>Returns them, newest first.</summary>
    public SiloEvent[] Read()
    {
        DateTimeOffset since = time.GetUtcNow() - Kept;
        lock (_gate)
        {
            while (_events.TryPeek(out SiloEvent? oldest) && oldest.At < since)
                _events.Dequeue();
            return [.. _events.Reverse()];
        }
    }
}
