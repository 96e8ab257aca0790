namespace OrleansWork.Scheduling.Recording;

/// <summary>What a silo did for a job over time, in columns that are twice as wide each time the time outgrows them.</summary>
internal sealed class LeaseBands
{
    /// <summary>How many columns there are.</summary>
    public const int Columns = 600;

    /// <summary>How wide a column is at first.</summary>
    public static readonly TimeSpan FirstWidth = TimeSpan.FromMilliseconds(50);

    private readonly TimeSpan _origin;
    private Band[] _bands = new Band[16];

    /// <summary>Makes empty bands.</summary>
    /// <param name="origin">When they begin.</param>
    public LeaseBands(TimeSpan origin) => _origin = origin;

    /// <summary>Gets how wide a column is.</summary>
    public TimeSpan Width { get; private set; } = FirstWidth;

    /// <summary>Gets how many columns something fell into.</summary>
    public int Count { get; private set; }

    /// <summary>Gets a column.</summary>
    public ref readonly Band this[int column] => ref _bands[column];

    /// <summary>Gets when a column begins.</summary>
    public TimeSpan StartOf(int column) => _origin + (Width * column);

    /// <summary>Adds a lease that ran.</summary>
    /// <param name="from">When it got its slot.</param>
    /// <param name="to">When it left it.</param>
    /// <param name="units">How many units it completed.</param>
    /// <param name="end">How it ended.</param>
    public void Add(TimeSpan from, TimeSpan to, long units, LeaseEnd end)
    {
        from = from < _origin ? _origin : from;
        to = to < from ? from : to;
        int last = ColumnOf(to);
        int first = ColumnOf(from);
        ref Band ended = ref _bands[last];
        ended.Leases++;
        ended.Units += units;
        for (int column = first; column <= last; column++)
        {
            TimeSpan start = StartOf(column);
            TimeSpan end1 = start + Width;
            float seconds = (float)((to < end1 ? to : end1) - (from > start ? from : start)).TotalSeconds;
            ref Band band = ref _bands[column];
            band.BusySeconds += seconds;
            if (end == LeaseEnd.Failed)
                band.FailedSeconds += seconds;
            else if (end == LeaseEnd.Lost)
                band.LostSeconds += seconds;
        }
    }

    private int ColumnOf(TimeSpan time)
    {
        while ((time - _origin) / Width >= Columns)
            Fold();
        int column = (int)((time - _origin) / Width);
        if (column >= _bands.Length)
            Array.Resize(ref _bands, Math.Min(Columns, Math.Max(column + 1, _bands.Length * 2)));
        Count = Math.Max(Count, column + 1);
        return column;
    }

    private void Fold()
    {
        for (int column = 0; column < _bands.Length; column += 2)
        {
            Band pair = _bands[column];
            if (column + 1 < _bands.Length)
                pair.Add(_bands[column + 1]);
            _bands[column / 2] = pair;
        }

        Array.Clear(_bands, (_bands.Length + 1) / 2, _bands.Length / 2);
        Count = (Count + 1) / 2;
        Width *= 2;
    }
}
