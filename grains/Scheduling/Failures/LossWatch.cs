namespace OrleansWork.Scheduling.Failures;

/// <summary>Tells from one state of membership to the next whether a silo may have left coordinators behind. Not for two threads at once.</summary>
/// <typeparam name="TSilo">What names one life of a silo.</typeparam>
internal sealed class LossWatch<TSilo>
    where TSilo : notnull
{
    private HashSet<(TSilo Silo, bool Stops)> _alive = [];

    /// <summary>Takes the next state.</summary>
    /// <param name="alive">The silos that live, and whether each is stopping.</param>
    /// <returns>Whether a silo that was active is not any more, or one that was stopping is gone: it hands its coordinators over, unless it dies before it is done.</returns>
    public bool Look(IEnumerable<(TSilo Silo, bool Stops)> alive)
    {
        HashSet<(TSilo Silo, bool Stops)> next = [.. alive];
        bool lost = !next.IsSupersetOf(_alive);
        _alive = next;
        return lost;
    }
}
