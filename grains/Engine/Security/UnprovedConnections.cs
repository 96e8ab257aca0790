namespace OrleansWork.Engine.Security;

/// <summary>The connections that have proved nothing yet: a bounded number of them, for a bounded time.</summary>
/// <remarks>The oldest makes room for a new one: a proof takes milliseconds, so whoever has been here longest is the least likely to have one.</remarks>
internal sealed class UnprovedConnections(TimeProvider time)
{
    /// <summary>How many there may be; each costs two pipes and a socket.</summary>
    public const int Most = 128;

    private readonly LinkedList<Entry> _entries = [];

    /// <summary>Gets how many there are.</summary>
    public int Count
    {
        get
        {
            lock (_entries)
                return _entries.Count;
        }
    }

    /// <summary>Takes a new one in; disposing the entry takes it out.</summary>
    public Entry Enter(TimeSpan limit)
    {
        Entry entry = new(this, new CancellationTokenSource(limit, time));
        Entry? oldest = null;
        lock (_entries)
        {
            entry.Node = _entries.AddLast(entry);
            if (_entries.Count > Most)
            {
                oldest = _entries.First!.Value;
                _entries.RemoveFirst();
            }
        }

        oldest?.CrowdOut();
        return entry;
    }

    private void Leave(Entry entry)
    {
        lock (_entries)
        {
            if (entry.Node.List is not null)
                _entries.Remove(entry.Node);
        }
    }

    /// <summary>A connection that has proved nothing yet.</summary>
    internal sealed class Entry(UnprovedConnections owner, CancellationTokenSource ended) : IDisposable
    {
        private readonly Lock _ending = new();
        private bool _isDisposed;

        internal LinkedListNode<Entry> Node { get; set; } = null!;

        /// <summary>Gets a token that is cancelled when its time is over, or its place is needed.</summary>
        public CancellationToken Ended { get; } = ended.Token;

        /// <summary>Gets whether its place was needed.</summary>
        public bool WasCrowdedOut { get; private set; }

        /// <inheritdoc/>
        public void Dispose()
        {
            owner.Leave(this);
            lock (_ending)
            {
                _isDisposed = true;
                ended.Dispose();
            }
        }

        internal void CrowdOut()
        {
            lock (_ending)
            {
                if (_isDisposed)
                    return;
                WasCrowdedOut = true;
                ended.CancelAfter(TimeSpan.Zero);
            }
        }
    }
}
