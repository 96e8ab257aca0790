namespace OrleansWork.Scheduling.Failures;

/// <summary>How long to wait before each next attempt: twice as long as before the last, up to a longest; give or take a fifth by chance, where many that
/// failed together must not come back together.</summary>
/// <param name="first">The wait after the first failure, before chance.</param>
/// <param name="longest">The longest wait, chance included.</param>
/// <param name="random">Where chance comes from; null for none.</param>
internal sealed class BackOff(TimeSpan first, TimeSpan longest, Random? random = null)
{
    /// <summary>The wait of a failed unit after its first failure, before chance.</summary>
    public static readonly TimeSpan First = TimeSpan.FromMilliseconds(100);

    /// <summary>The longest wait of a failed unit, chance included.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);

    /// <summary>The part by which a wait may be longer or shorter.</summary>
    public const double Jitter = 0.2;

    /// <summary>Gets the waits for storage that does not answer: 200 ms, doubled, up to 2 s.</summary>
    public static BackOff OfStorage { get; } = new(TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(2));

    /// <summary>Makes the waits of failed units.</summary>
    public BackOff(Random random)
        : this(First, Longest, random) { }

    /// <summary>Returns the wait before the next attempt.</summary>
    /// <param name="attempt">How many attempts have failed before this one: 0 for the first failure.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="attempt"/> is negative.</exception>
    public TimeSpan After(int attempt)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(attempt);
        double seconds = Math.Min(first.TotalSeconds * Math.Pow(2, attempt), longest.TotalSeconds);
        double chance = random is null ? 0 : Jitter * ((2 * random.NextDouble()) - 1);
        return TimeSpan.FromSeconds(Math.Min(seconds * (1 + chance), longest.TotalSeconds));
    }
}
