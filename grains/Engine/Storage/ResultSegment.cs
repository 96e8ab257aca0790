using OrleansWork.Scheduling.Ledger;

namespace OrleansWork.Engine.Storage;

/// <summary>Results of units in the order in which they were stored, found by that order or by unit.</summary>
internal sealed class ResultSegment
{
    private readonly ReadOnlyMemory<byte> _bytes;
    private readonly (long Unit, int At, int Length)[] _entries;
    private readonly long[] _units;
    private readonly int[]? _places;

    /// <summary>Finds where each result is; the bytes stay as they are.</summary>
    /// <param name="bytes">The results, as <see cref="UnitResultReader"/> reads them.</param>
    /// <param name="count">How many there are.</param>
    public ResultSegment(ReadOnlyMemory<byte> bytes, long count)
    {
        _bytes = bytes;
        _entries = new (long, int, int)[count];
        _units = new long[count];
        bool isSorted = true;
        UnitResultReader reader = new(bytes);
        for (int i = 0; reader.TryRead(out long unit, out ReadOnlyMemory<byte> json); i++)
        {
            _entries[i] = (unit, bytes.Length - reader.Left - json.Length, json.Length);
            _units[i] = unit;
            isSorted &= i == 0 || _units[i - 1] < unit;
        }

        if (isSorted)
            return;
        _places = [.. Enumerable.Range(0, _units.Length)];
        Array.Sort(_units, _places);
    }

    /// <summary>Gets how many results there are.</summary>
    public int Count => _entries.Length;

    /// <summary>Gets the result that was stored after <paramref name="place"/> others.</summary>
    public (long Unit, ReadOnlyMemory<byte> Json) this[int place]
    {
        get
        {
            (long unit, int at, int length) = _entries[place];
            return (unit, _bytes.Slice(at, length));
        }
    }

    /// <summary>Lists the units without gaps between them.</summary>
    public UnitRange[] Runs()
    {
        List<UnitRange> runs = [];
        for (int from = 0, to; from < _units.Length; from = to)
        {
            to = from + 1;
            while (to < _units.Length && _units[to] == _units[to - 1] + 1)
                to++;
            runs.Add(new UnitRange(_units[from], _units[to - 1] + 1));
        }

        return [.. runs];
    }

    /// <summary>Returns the results of a unit and of those that follow it without a gap.</summary>
    public IEnumerable<(long Unit, ReadOnlyMemory<byte> Json)> From(long unit)
    {
        int i = Array.BinarySearch(_units, unit);
        for (; i >= 0 && i < _units.Length && _units[i] == unit; i++, unit++)
            yield return this[_places is null ? i : _places[i]];
    }
}
