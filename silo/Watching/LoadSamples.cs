namespace OrleansWork.Silo.Watching;

/// <summary>Keeps how busy the cluster was during the last five minutes. Safe for many threads.</summary>
internal sealed class LoadSamples(TimeProvider time)
{
    /// <summary>The time between two samples, in seconds.</summary>
    public const int StepSeconds = 2;

    private const int Most = 150;

    private readonly Queue<(double UnitsPerSecond, int Busy, int Slots)> _samples = new();

    /// <summary>Takes a sample.</summary>
    public void Add(double unitsPerSecond, int busy, int slots)
    {
        lock (_samples)
        {
            if (_samples.Count == Most)
                _samples.Dequeue();
            _samples.Enqueue((unitsPerSecond, busy, slots));
        }
    }

    /// <summary>Returns what was kept.</summary>
    public LoadHistory Read()
    {
        lock (_samples)
        {
            return new LoadHistory(
                time.GetUtcNow(),
                StepSeconds,
                [.. _samples.Select(sample => sample.UnitsPerSecond)],
                [.. _samples.Select(sample => sample.Busy)],
                [.. _samples.Select(sample => sample.Slots)]
            );
        }
    }
}
