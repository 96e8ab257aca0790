using System.Security.Cryptography;

namespace OrleansWork.Silo.Security;

/// <summary>The keys that a silo knows, and how often somebody guessed.</summary>
/// <remarks>After ten wrong keys in a minute each further one waits a second for its answer, and of more than a few that wait all are told to
/// come again later: guessing gets slow, and holders of keys are not held up.</remarks>
internal sealed class KeyRing(IReadOnlyList<AccessKey> keys, TimeProvider time)
{
    /// <summary>How many wrong keys in <see cref="Window"/> are answered at once.</summary>
    public const int FreeFailures = 10;

    /// <summary>How many wrong keys may wait for their answer.</summary>
    public const int MostWaiting = 20;

    /// <summary>How long a wrong key counts.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    /// <summary>How long the answer to a wrong key takes after <see cref="FreeFailures"/>.</summary>
    public static readonly TimeSpan Delay = TimeSpan.FromSeconds(1);

    private readonly Queue<long> _failures = new();
    private int _waiting;

    /// <summary>Finds the key that a text is.</summary>
    /// <returns>Null when it is none. Takes as long for any text: all keys are compared, each in fixed time.</returns>
    public AccessKey? Find(string text)
    {
        byte[] hash = AccessKey.HashOf(text);
        AccessKey? found = null;
        foreach (AccessKey key in keys)
        {
            if (CryptographicOperations.FixedTimeEquals(hash, key.Hash.Span))
                found = key;
        }

        return found;
    }

    /// <summary>Counts a wrong key, and waits when there were many.</summary>
    /// <returns>Whether to answer now; otherwise too many wait, and the caller is to come again later.</returns>
    public async Task<bool> PenalizeAsync(CancellationToken cancellationToken)
    {
        lock (_failures)
        {
            long now = time.GetTimestamp();
            while (_failures.TryPeek(out long at) && time.GetElapsedTime(at, now) > Window)
                _failures.Dequeue();
            _failures.Enqueue(now);
            if (_failures.Count <= FreeFailures)
                return true;
            _failures.Dequeue();
        }

        if (Interlocked.Increment(ref _waiting) > MostWaiting)
        {
            Interlocked.Decrement(ref _waiting);
            return false;
        }

        try
        {
            await Task.Delay(Delay, time, cancellationToken);
            return true;
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }
}
