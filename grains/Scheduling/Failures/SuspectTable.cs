using OrleansWork.Scheduling.Ledger;

namespace OrleansWork.Scheduling.Failures;

/// <summary>
/// The units that ran on a silo when its process died, by how many deaths each was present at. They run again as canaries: few at a time
/// after the first death, one by one after the second, so that the unit that ends its process is known at the third.
/// </summary>
/// <remarks>
/// After one death a canary has as many units as the square root of what is suspected: that many canaries clear all of them, and if one
/// dies, that many single units are left to try. Memory: intervals.
/// </remarks>
internal sealed class SuspectTable
{
    /// <summary>How many deaths a unit must be present at, the last of them alone, to be given up.</summary>
    public const int DeathsToPoison = 3;

    private readonly SortedList<int, IntervalSet> _byDeaths = [];

    /// <summary>Gets whether nothing waits to run as a canary.</summary>
    public bool IsEmpty => _byDeaths.Count == 0;

    /// <summary>Gets the most deaths that any unit was present at; 0 when nothing waits.</summary>
    public int MostDeaths => _byDeaths.Count == 0 ? 0 : _byDeaths.Keys[^1];

    /// <summary>Gets what waits, by ranges.</summary>
    public IEnumerable<(UnitRange Range, int Deaths)> Waiting =>
        _byDeaths.SelectMany(pair => pair.Value.ToArray().Select(range => (range, pair.Key)));

    internal IList<IntervalSet> Sets => _byDeaths.Values;

    /// <summary>Adds units; units known already keep the larger number of deaths.</summary>
    /// <param name="range">The units.</param>
    /// <param name="deaths">How many deaths they were present at: 1 or more.</param>
    public void Add(UnitRange range, int deaths)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(deaths, 1);
        if (range.IsEmpty)
            return;
        IntervalSet added = IntervalSet.FromRanges([range]);
        foreach ((int known, IntervalSet units) in _byDeaths)
        {
            if (known > deaths)
            {
                foreach (UnitRange held in units.ToArray())
                    added.Remove(held.Intersect(range));
            }
        }

        Remove(range, below: deaths);
        foreach (UnitRange part in added.ToArray())
            Set(deaths).Add(part);
    }

    /// <summary>Forgets units: they ran, or somebody else has them.</summary>
    public void Remove(UnitRange range)
    {
        if (!range.IsEmpty)
            Remove(range, below: int.MaxValue);
    }

    /// <summary>Returns how many of a range's units wait here.</summary>
    public long CountIn(UnitRange range) => _byDeaths.Values.Sum(units => units.CountIn(range));

    /// <summary>Returns the most deaths that any unit of a range was present at; 0 when none waits here.</summary>
    public int DeathsIn(UnitRange range) => _byDeaths.Where(pair => pair.Value.CountIn(range) > 0).Select(pair => pair.Key).LastOrDefault();

    /// <summary>Takes the units of the next canary: those of most deaths first.</summary>
    /// <param name="range">The units, of which all were present at as many deaths.</param>
    /// <param name="deaths">That many.</param>
    /// <returns>Whether there are any.</returns>
    public bool TryTake(out UnitRange range, out int deaths)
    {
        (range, deaths) = (default, 0);
        if (_byDeaths.Count == 0)
            return false;
        (deaths, IntervalSet units) = (_byDeaths.Keys[^1], _byDeaths.Values[^1]);
        long most = deaths == 1 ? Math.Max(1, (long)Math.Sqrt(units.Count)) : 1;
        range = units.TakeLowest(most);
        if (units.IsEmpty)
            _byDeaths.Remove(deaths);
        return true;
    }

    private IntervalSet Set(int deaths)
    {
        if (!_byDeaths.TryGetValue(deaths, out IntervalSet? units))
            _byDeaths.Add(deaths, units = new IntervalSet());
        return units;
    }

    private void Remove(UnitRange range, int below)
    {
        foreach ((int deaths, IntervalSet units) in _byDeaths.ToArray())
        {
            if (deaths >= below)
                continue;
            units.Remove(range);
            if (units.IsEmpty)
                _byDeaths.Remove(deaths);
        }
    }
}
