namespace OrleansWork.Scheduling.Failures;

/// <summary>
/// The processes that ended lately, and what that says of one unit: where others end that it had nothing to do with, somebody else ends them, and that a
/// process ended which ran the unit alone says little.
/// </summary>
/// <remarks>Pure, time handed in; not for two threads at once. A stop in order that is taken for a death does no harm: a unit that ends its process ends a
/// few more.</remarks>
internal sealed class Unrest
{
    /// <summary>How many deaths more are asked for at most: what ends its process is given up some time, however many others end.</summary>
    public const int MostMore = 3;

    /// <summary>How many deaths of others ask for one more: two units that end their process, three times each, ask for none.</summary>
    private const int ForeignForOne = 4;

    /// <summary>For how long a death is remembered.</summary>
    public static readonly TimeSpan Remembered = TimeSpan.FromMinutes(5);

    private readonly Dictionary<string, TimeSpan> _deaths = new(StringComparer.Ordinal);

    /// <summary>Takes a death, or what is known of it by now: the time that was said first stays.</summary>
    /// <param name="silo">Whose process ended.</param>
    /// <param name="at">When.</param>
    public void Add(string silo, TimeSpan at) => _deaths.TryAdd(silo, at);

    /// <summary>Says how many deaths more than in a calm cluster a unit is to be present at before it is given up.</summary>
    /// <param name="own">How many it was present at.</param>
    /// <param name="now">Monotonic time.</param>
    public int MoreFor(int own, TimeSpan now)
    {
        foreach ((string silo, TimeSpan at) in _deaths)
        {
            if (now - at > Remembered)
                _deaths.Remove(silo);
        }

        return Math.Clamp((_deaths.Count - own) / ForeignForOne, 0, MostMore);
    }
}
