namespace OrleansWork.Scheduling.Recording;

/// <summary>The newest of a sequence of entries; it grows by doubling as far as it may, and then the oldest make room.</summary>
/// <param name="limits">How far it may grow.</param>
internal sealed class Ring<T>(RingLimits limits)
    where T : struct
{
    private T[] _entries = [];

    /// <summary>Gets the number of the entry that is added next; the first is 0.</summary>
    public long Next { get; private set; }

    /// <summary>Gets the number of the oldest entry that is kept.</summary>
    public long First { get; private set; }

    /// <summary>Gets an entry that is kept.</summary>
    public ref T this[long number] => ref _entries[number & (_entries.Length - 1)];

    /// <summary>Gets how many entries there is memory for.</summary>
    public int Capacity => _entries.Length;

    /// <summary>Says whether an entry is kept.</summary>
    public bool Has(long number) => number >= First && number < Next;

    /// <summary>Adds an entry.</summary>
    /// <returns>Its number.</returns>
    public long Add(in T entry)
    {
        if (Next - First == _entries.Length && !TryGrow())
            First++;
        this[Next] = entry;
        return Next++;
    }

    /// <summary>Lets go of all entries and their memory.</summary>
    public void Clear()
    {
        limits.Return(_entries.Length);
        (_entries, First) = ([], Next);
    }

    private bool TryGrow()
    {
        int length = Math.Max(RingLimits.Least, _entries.Length * 2);
        if (length > limits.Most || !limits.TryGrow(_entries.Length, length))
            return false;
        T[] grown = new T[length];
        for (long number = First; number < Next; number++)
            grown[number & (length - 1)] = this[number];
        _entries = grown;
        return true;
    }
}
