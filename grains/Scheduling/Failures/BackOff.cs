namespace OrleansWork.Scheduling.Failures;

/// <summary>How long a failed unit waits before its next attempt: 100 ms, doubled with every attempt, up to 30 s, give or take a fifth
/// so that units that failed together do not come back together.</summary>
public sealed class BackOff(Random random)
{
    /// <summary>The wait after the first failure, before chance.</summary>
    public static readonly TimeSpan First = TimeSpan.FromMilliseconds(100);

    /// <summary>The longest wait, chance included.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);

    /// <summary>The part by which a wait may be longer or shorter.</summary>
    public const double Jitter = 0.2;

    /// <summary>Returns the wait before the next attempt.</summary>
    /// <param name="attempt">How many attempts have failed before this one: 0 for the first failure.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="attempt"/> is negative.</exception>
    public TimeSpan After(int attempt)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(attempt);
        double seconds = Math.Min(First.TotalSeconds * Math.Pow(2, attempt), Longest.TotalSeconds);
        double jittered = seconds * (1 + (Jitter * ((2 * random.NextDouble()) - 1)));
        return TimeSpan.FromSeconds(Math.Min(jittered, Longest.TotalSeconds));
    }
}
