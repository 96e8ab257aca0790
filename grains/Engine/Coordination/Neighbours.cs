using OrleansWork.Scheduling.Ledger;

namespace OrleansWork.Engine.Coordination;

/// <summary>Keeps the first partials of a job until three of them are neighbours.</summary>
internal sealed class Neighbours
{
    private const int MaxKept = 64;
    private const int MaxBytes = 1 << 20;
    private const int Wanted = 3;

    private readonly SortedList<long, (UnitRange Units, byte[] Bytes)> _kept = [];
    private long _bytes;

    /// <summary>Takes a partial.</summary>
    /// <returns>Three neighbours in the order of their units, or null.</returns>
    public IReadOnlyList<(UnitRange Units, byte[] Bytes)>? Add(UnitRange units, byte[] bytes)
    {
        if (_kept.Count == MaxKept || _bytes + bytes.Length > MaxBytes || !_kept.TryAdd(units.From, (units, bytes)))
            return null;
        _bytes += bytes.Length;
        for (int i = 0; i + Wanted <= _kept.Count; i++)
        {
            if (_kept.Values[i].Units.To == _kept.Keys[i + 1] && _kept.Values[i + 1].Units.To == _kept.Keys[i + 2])
                return [_kept.Values[i], _kept.Values[i + 1], _kept.Values[i + 2]];
        }

        return null;
    }
}
