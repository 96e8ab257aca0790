namespace OrleansWork.Scheduling.Recording;

/// <summary>What a silo did for a job over time, in columns that are twice as wide each time the time outgrows them.</summary>
internal sealed class LeaseBands
{
    /// <summary>How many columns there are.</summary>
    public const int Columns = 600;

    /// <summary>How wide a column is at first.</summary>
    public static readonly TimeSpan FirstWidth = TimeSpan.FromMilliseconds(50);

    private readonly FoldedColumns<Band> _bands;
    private readonly TimeSpan _origin;

    /// <summary>Makes empty bands.</summary>
    /// <param name="origin">When they begin.</param>
    public LeaseBands(TimeSpan origin) => (_origin, _bands) = (origin, new FoldedColumns<Band>(origin, Columns, FirstWidth));

    /// <summary>Gets how wide a column is.</summary>
    public TimeSpan Width => _bands.Width;

    /// <summary>Gets how many columns something fell into.</summary>
    public int Count => _bands.Count;

    /// <summary>Gets a column.</summary>
    public ref readonly Band this[int column] => ref _bands[column];

    /// <summary>Gets when a column begins.</summary>
    public TimeSpan StartOf(int column) => _bands.StartOf(column);

    /// <summary>Adds a lease that ran.</summary>
    /// <param name="from">When it got its slot.</param>
    /// <param name="to">When it left it.</param>
    /// <param name="units">How many units it completed.</param>
    /// <param name="end">How it ended.</param>
    public void Add(TimeSpan from, TimeSpan to, long units, LeaseEnd end)
    {
        from = from < _origin ? _origin : from;
        to = to < from ? from : to;
        int last = _bands.ColumnOf(to);
        int first = _bands.ColumnOf(from);
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
}
