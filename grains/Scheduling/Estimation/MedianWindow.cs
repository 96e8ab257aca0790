namespace OrleansWork.Scheduling.Estimation;

/// <summary>The median of the last samples of something.</summary>
internal sealed class MedianWindow
{
    private const int Capacity = 63;
    private readonly double[] _samples = new double[Capacity];
    private readonly double[] _sorted = new double[Capacity];
    private int _next;
    private bool _stale;

    /// <summary>Gets how many samples it is of: at most 63.</summary>
    public int Count { get; private set; }

    /// <summary>Gets the median; NaN without samples.</summary>
    public double Median
    {
        get
        {
            if (Count == 0)
                return double.NaN;
            if (_stale)
            {
                Array.Copy(_samples, _sorted, Count);
                Array.Sort(_sorted, 0, Count);
                _stale = false;
            }

            return (_sorted[(Count - 1) / 2] + _sorted[Count / 2]) / 2;
        }
    }

    /// <summary>Takes a sample; the oldest goes when there are 63.</summary>
    public void Observe(double sample)
    {
        _samples[_next] = sample;
        _next = (_next + 1) % Capacity;
        Count = Math.Min(Count + 1, Capacity);
        _stale = true;
    }
}
