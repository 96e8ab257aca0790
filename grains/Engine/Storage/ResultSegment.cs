namespace OrleansWork.Engine.Storage;

/// <summary>Results of units in the order in which they were stored, found by that order or by unit.</summary>
internal sealed class ResultSegment
{
    private readonly List<(long Unit, ReadOnlyMemory<byte> Json)> _entries;
    private readonly long[] _units;
    private readonly int[] _places;

    public ResultSegment(ReadOnlyMemory<byte> bytes)
    {
        _entries = UnitResultBatch.Read(bytes).Entries;
        _units = [.. _entries.Select(entry => entry.Unit)];
        _places = [.. Enumerable.Range(0, _units.Length)];
        Array.Sort(_units, _places);
    }

    /// <summary>Gets how many results there are.</summary>
    public int Count => _entries.Count;

    /// <summary>Gets the result that was stored after <paramref name="place"/> others.</summary>
    public (long Unit, ReadOnlyMemory<byte> Json) this[int place] => _entries[place];

    /// <summary>Returns the results of a unit and of those that follow it without a gap.</summary>
    public IEnumerable<(long Unit, ReadOnlyMemory<byte> Json)> From(long unit)
    {
        int i = Array.BinarySearch(_units, unit);
        for (; i >= 0 && i < _units.Length && _units[i] == unit; i++, unit++)
            yield return _entries[_places[i]];
    }
}
