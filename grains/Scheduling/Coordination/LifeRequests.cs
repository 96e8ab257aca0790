namespace OrleansWork.Scheduling.Coordination;

/// <summary>The requests of a coordinator that are not answered yet, in the order in which they came; each is answered once.</summary>
internal sealed class LifeRequests
{
    private readonly List<(long Id, LifeRequest Asked, TimeSpan? Until)> _open = [];

    /// <summary>Gets when the first of them has waited long enough; null when none waits for a time.</summary>
    public TimeSpan? FirstTimeout => _open.Count == 0 ? null : _open.Min(request => request.Until);

    /// <summary>Keeps a request.</summary>
    /// <param name="id">Its number.</param>
    /// <param name="asked">What it asks.</param>
    /// <param name="until">When it is answered at the latest; null for when its write ends.</param>
    public void Add(long id, LifeRequest asked, TimeSpan? until) => _open.Add((id, asked, until));

    /// <summary>Says whether anybody waits for that.</summary>
    public bool Any(LifeRequest asked) => _open.Exists(request => request.Asked == asked);

    /// <summary>Returns the first request that is one of two, which are answered in the order in which they came.</summary>
    public LifeRequest? First(LifeRequest one, LifeRequest other)
    {
        int at = _open.FindIndex(request => request.Asked == one || request.Asked == other);
        return at < 0 ? null : _open[at].Asked;
    }

    /// <summary>Returns the number of the newest that asks for that; null when nobody does.</summary>
    public long? Newest(LifeRequest asked)
    {
        int at = _open.FindLastIndex(request => request.Asked == asked);
        return at < 0 ? null : _open[at].Id;
    }

    /// <summary>Takes those that ask for something and came no later than another.</summary>
    /// <param name="asked">What they ask for.</param>
    /// <param name="last">The number of that other; numbers rise as requests come.</param>
    public IEnumerable<long> TakeUpTo(LifeRequest asked, long last) => TakeWhere(request => request.Asked == asked && request.Id <= last);

    /// <summary>Takes all that ask for something.</summary>
    public IEnumerable<long> Take(LifeRequest asked) => TakeWhere(request => request.Asked == asked);

    /// <summary>Takes those that ask for something, up to the first that asks for the contrary.</summary>
    public IEnumerable<long> TakeUntil(LifeRequest asked, LifeRequest contrary)
    {
        int end = _open.FindIndex(request => request.Asked == contrary);
        (long, LifeRequest, TimeSpan?)[] later = end < 0 ? [] : [.. _open[end..]];
        if (end >= 0)
            _open.RemoveRange(end, _open.Count - end);
        long[] taken = [.. Take(asked)];
        _open.AddRange(later);
        return taken;
    }

    /// <summary>Takes those that have waited long enough.</summary>
    public IEnumerable<(long Id, LifeRequest Asked)> TakeTimedOut(TimeSpan now)
    {
        if (_open.Count == 0)
            return [];
        (long, LifeRequest)[] late = [.. _open.Where(request => request.Until <= now).Select(request => (request.Id, request.Asked))];
        _open.RemoveAll(request => request.Until <= now);
        return late;
    }

    /// <summary>Takes all.</summary>
    public IEnumerable<long> TakeAll() => TakeWhere(static _ => true);

    private long[] TakeWhere(Predicate<(long Id, LifeRequest Asked, TimeSpan? Until)> which)
    {
        if (_open.Count == 0)
            return [];
        long[] taken = [.. _open.FindAll(which).Select(request => request.Id)];
        _open.RemoveAll(which);
        return taken;
    }
}
