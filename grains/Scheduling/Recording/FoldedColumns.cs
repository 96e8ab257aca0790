namespace OrleansWork.Scheduling.Recording;

/// <summary>What a column of time holds, so that two can become one.</summary>
/// <typeparam name="TSelf">The type itself.</typeparam>
internal interface IFolds<TSelf>
    where TSelf : struct
{
    /// <summary>Adds what another column holds.</summary>
    void Add(TSelf other);
}

/// <summary>Columns of time from a moment on, a bounded number of them: they are twice as wide each time the time outgrows them.</summary>
/// <typeparam name="TColumn">What a column holds.</typeparam>
/// <param name="origin">When they begin.</param>
/// <param name="most">How many there are at most; even.</param>
/// <param name="firstWidth">How wide one is at first.</param>
internal sealed class FoldedColumns<TColumn>(TimeSpan origin, int most, TimeSpan firstWidth)
    where TColumn : struct, IFolds<TColumn>
{
    private TColumn[] _columns = new TColumn[16];

    /// <summary>Gets how wide a column is.</summary>
    public TimeSpan Width { get; private set; } = firstWidth;

    /// <summary>Gets how many columns something fell into, those before it among them.</summary>
    public int Count { get; private set; }

    /// <summary>Gets a column.</summary>
    public ref TColumn this[int column] => ref _columns[column];

    /// <summary>Gets when a column begins.</summary>
    public TimeSpan StartOf(int column) => origin + (Width * column);

    /// <summary>Makes room for a time, and returns its column; columns asked for before may be others then.</summary>
    public int ColumnOf(TimeSpan time)
    {
        time = time < origin ? origin : time;
        while ((time - origin) / Width >= most)
            Fold();
        int column = (int)((time - origin) / Width);
        if (column >= _columns.Length)
            Array.Resize(ref _columns, Math.Min(most, Math.Max(column + 1, _columns.Length * 2)));
        Count = Math.Max(Count, column + 1);
        return column;
    }

    private void Fold()
    {
        for (int column = 0; column < _columns.Length; column += 2)
        {
            TColumn pair = _columns[column];
            if (column + 1 < _columns.Length)
                pair.Add(_columns[column + 1]);
            _columns[column / 2] = pair;
        }

        Array.Clear(_columns, (_columns.Length + 1) / 2, _columns.Length / 2);
        Count = (Count + 1) / 2;
        Width *= 2;
    }
}
