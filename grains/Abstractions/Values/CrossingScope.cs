using System.Buffers;
using System.Buffers.Binary;
using System.Text.Json;

namespace OrleansWork.Values;

/// <summary>What JSON has no place for while an item or a partial crosses as bytes: the comparers of its collections.</summary>
/// <remarks>
/// Collections that have a comparer are counted as they are written and as they are read, in the same order. Comparers other than the
/// default are listed in a trailer behind the JSON, which ends in a byte that no JSON ends in. One scope a thread.
/// </remarks>
internal sealed class CrossingScope
{
    private const byte TrailerMark = 0x1E;
    private const int TrailerEnd = sizeof(int) + 1;

    [ThreadStatic]
    private static CrossingScope? _ofThread;

    private readonly Dictionary<int, string> _comparers = [];
    private readonly Dictionary<object, string> _unmade = new(ReferenceEqualityComparer.Instance);
    private readonly HashSet<object> _madeByOwner = new(ReferenceEqualityComparer.Instance);
    private int _count;
    private bool _isActive;

    /// <summary>Gets the scope of the item or partial that crosses on this thread, or null.</summary>
    public static CrossingScope? Current => _ofThread is { _isActive: true } scope ? scope : null;

    /// <summary>Begins to write or to read a value.</summary>
    public static CrossingScope Begin()
    {
        CrossingScope scope = _ofThread ??= new CrossingScope();
        scope._isActive = true;
        return scope;
    }

    /// <summary>Ends what was begun.</summary>
    public void End()
    {
        _isActive = false;
        _count = 0;
        _comparers.Clear();
        _unmade.Clear();
        _madeByOwner.Clear();
    }

    /// <summary>Says that the constructor of a collection's owner makes one with the same comparer.</summary>
    public void OwnerMakes(object collection) => _madeByOwner.Add(collection);

    /// <summary>Returns whether the constructor of a collection's owner makes its comparer.</summary>
    public bool IsMadeByOwner(object collection) => _madeByOwner.Contains(collection);

    /// <summary>Counts a collection that is written.</summary>
    /// <param name="comparer">The name of its comparer; null for the default.</param>
    public void Note(string? comparer)
    {
        int place = _count++;
        if (comparer is not null)
            _comparers.Add(place, comparer);
    }

    /// <summary>Counts a collection that is read.</summary>
    /// <returns>The name of its comparer; null for the default.</returns>
    public string? Next() => _comparers.GetValueOrDefault(_count++);

    /// <summary>Writes what was noted; nothing when there is nothing.</summary>
    public void WriteTrailer(IBufferWriter<byte> output)
    {
        if (_comparers.Count == 0)
            return;
        byte[] table = JsonSerializer.SerializeToUtf8Bytes(_comparers);
        output.Write(table);
        Span<byte> end = output.GetSpan(TrailerEnd);
        BinaryPrimitives.WriteInt32LittleEndian(end, table.Length);
        end[sizeof(int)] = TrailerMark;
        output.Advance(TrailerEnd);
    }

    /// <summary>Reads what was noted.</summary>
    /// <returns>The JSON alone.</returns>
    /// <exception cref="FormatException">The trailer is damaged.</exception>
    public ReadOnlySpan<byte> ReadTrailer(ReadOnlySpan<byte> bytes)
    {
        int json = JsonLength(bytes);
        if (json == bytes.Length)
            return bytes;
        foreach ((int place, string comparer) in JsonSerializer.Deserialize<Dictionary<int, string>>(bytes[json..^TrailerEnd])!)
            _comparers.Add(place, comparer);
        return bytes[..json];
    }

    /// <summary>Returns the JSON before the trailer.</summary>
    /// <exception cref="FormatException">The trailer is damaged.</exception>
    public static ReadOnlyMemory<byte> JsonOf(byte[] bytes) => bytes.AsMemory(0, JsonLength(bytes));

    private static int JsonLength(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty || bytes[^1] != TrailerMark)
            return bytes.Length;
        int length = bytes.Length >= TrailerEnd ? BinaryPrimitives.ReadInt32LittleEndian(bytes[^TrailerEnd..]) : -1;
        int start = bytes.Length - TrailerEnd - length;
        return length >= 0 && start >= 0 ? start : throw new FormatException("The list of comparers behind a value is damaged.");
    }

    /// <summary>Says that a collection was made without its comparer, which only its owner's constructor can make.</summary>
    public void IsUnmade(object collection, string comparer) => _unmade.Add(collection, comparer);

    /// <summary>Returns the comparer that a collection was made without, or null.</summary>
    public string? Unmade(object collection) => _unmade.GetValueOrDefault(collection);

    /// <summary>Says that the collection's owner had one with that comparer.</summary>
    public void WasMade(object collection) => _unmade.Remove(collection);

    /// <summary>Sees to it that no collection has lost its comparer.</summary>
    /// <exception cref="NotSupportedException">One has.</exception>
    public void CheckMade()
    {
        foreach ((object collection, string comparer) in _unmade)
            throw ComparerNames.Lost(collection.GetType(), comparer);
    }
}
