namespace OrleansWork.Scheduling.Ledger;

/// <summary>A list with free room at both ends: inserting or removing moves the shorter side, so work at either end costs O(1).</summary>
internal sealed class GapList<T>
{
    private T[] _items = new T[8];
    private int _start = 4;

    /// <summary>Gets how many items it holds.</summary>
    public int Count { get; private set; }

    /// <summary>Gets or sets an item; <paramref name="index"/> counts from 0.</summary>
    public T this[int index]
    {
        get => _items[_start + index];
        set => _items[_start + index] = value;
    }

    /// <summary>Gets the items in order, valid until the next change.</summary>
    public ReadOnlySpan<T> Span => _items.AsSpan(_start, Count);

    /// <summary>Puts an item before the one that has <paramref name="index"/> now.</summary>
    public void Insert(int index, T item)
    {
        if (index < Count - index)
        {
            if (_start == 0)
                Regrow();
            Array.Copy(_items, _start, _items, _start - 1, index);
            _start--;
        }
        else
        {
            if (_start + Count == _items.Length)
                Regrow();
            Array.Copy(_items, _start + index, _items, _start + index + 1, Count - index);
        }

        _items[_start + index] = item;
        Count++;
    }

    /// <summary>Takes out <paramref name="count"/> items from <paramref name="index"/> on.</summary>
    public void RemoveRange(int index, int count)
    {
        int after = Count - index - count;
        if (index < after)
        {
            Array.Copy(_items, _start, _items, _start + count, index);
            _start += count;
        }
        else
        {
            Array.Copy(_items, _start + index + count, _items, _start + index, after);
        }

        Count -= count;
        if (Count == 0)
            _start = _items.Length / 2;
    }

    private void Regrow()
    {
        // A quarter of the array may lie idle at the far end; centring the items again then suffices.
        T[] target = new T[Count * 2 > _items.Length ? _items.Length * 2 : _items.Length];
        int start = (target.Length - Count) / 2;
        Array.Copy(_items, _start, target, start, Count);
        _items = target;
        _start = start;
    }
}
