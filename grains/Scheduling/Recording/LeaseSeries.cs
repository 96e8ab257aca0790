namespace OrleansWork.Scheduling.Recording;

/// <summary>How the leases of a silo changed over time: their sizes and how long they ran, by when they ended.</summary>
/// <param name="origin">When it begins.</param>
internal sealed class LeaseSeries(TimeSpan origin)
{
    /// <summary>How many columns there are.</summary>
    public const int Columns = 150;

    /// <summary>How wide a column is at first.</summary>
    public static readonly TimeSpan FirstWidth = TimeSpan.FromMilliseconds(200);

    private readonly FoldedColumns<LeaseMoment> _moments = new(origin, Columns, FirstWidth);

    /// <summary>Gets how wide a column is.</summary>
    public TimeSpan Width => _moments.Width;

    /// <summary>Gets how many columns something fell into.</summary>
    public int Count => _moments.Count;

    /// <summary>Gets a column.</summary>
    public ref readonly LeaseMoment this[int column] => ref _moments[column];

    /// <summary>Gets when a column begins.</summary>
    public TimeSpan StartOf(int column) => _moments.StartOf(column);

    /// <summary>Adds a lease of which its silo has said how it ended.</summary>
    /// <param name="at">When.</param>
    /// <param name="seconds">How long it ran.</param>
    /// <param name="units">How many units it completed.</param>
    /// <param name="reason">Why it was granted.</param>
    public void Add(TimeSpan at, double seconds, long units, GrantReason reason)
    {
        ref LeaseMoment moment = ref _moments[_moments.ColumnOf(at)];
        moment.Leases++;
        moment.Units += units;
        moment.Probes += reason == GrantReason.Probe ? 1 : 0;
        moment.Lasts += reason == GrantReason.LastRound ? 1 : 0;
        moment.Seconds.Add(seconds);
    }
}
