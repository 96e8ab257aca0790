namespace OrleansWork.Engine.Storage;

/// <summary>The few values used last. Not for two threads at once.</summary>
internal sealed class RecentCache<TKey, TValue>(int most)
    where TKey : notnull
{
    private readonly LinkedList<(TKey Key, TValue Value)> _entries = new();

    /// <summary>Finds a value, which then counts as used.</summary>
    public bool TryGet(TKey key, out TValue value)
    {
        for (LinkedListNode<(TKey Key, TValue Value)>? node = _entries.First; node is not null; node = node.Next)
        {
            if (!EqualityComparer<TKey>.Default.Equals(node.Value.Key, key))
                continue;
            _entries.Remove(node);
            _entries.AddFirst(node);
            value = node.Value.Value;
            return true;
        }

        value = default!;
        return false;
    }

    /// <summary>Keeps a value; the one that was not used for longest goes.</summary>
    public void Add(TKey key, TValue value)
    {
        Remove(key);
        _entries.AddFirst((key, value));
        if (_entries.Count > most)
            _entries.RemoveLast();
    }

    private void Remove(TKey key)
    {
        for (LinkedListNode<(TKey Key, TValue Value)>? node = _entries.First; node is not null; node = node.Next)
        {
            if (EqualityComparer<TKey>.Default.Equals(node.Value.Key, key))
            {
                _entries.Remove(node);
                return;
            }
        }
    }
}
