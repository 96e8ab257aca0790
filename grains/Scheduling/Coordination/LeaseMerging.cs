namespace OrleansWork.Scheduling.Coordination;

/// <summary>Which leases granted together for one silo travel in one message.</summary>
/// <remarks>DESIGN section 5: a message costs tens of microseconds, so leases expected to run less than a millisecond share one.</remarks>
internal static class LeaseMerging
{
    /// <summary>How many leases a message has at most.</summary>
    public const int MaxLeases = 64;

    /// <summary>A lease that is expected to run for less shares its message.</summary>
    public static readonly TimeSpan MergedBelow = TimeSpan.FromMilliseconds(1);

    /// <summary>A lease that is expected to run for less may run in the worker's turn.</summary>
    public static readonly TimeSpan QuickBelow = TimeSpan.FromMicroseconds(200);

    /// <summary>Says whether a lease may run in the worker's turn.</summary>
    public static bool IsQuick(GrantLease lease) => lease.Predicted < QuickBelow;

    /// <summary>Divides leases for one silo among messages; the order of those that share messages stays.</summary>
    /// <param name="leases">The leases, in the order in which they were granted.</param>
    /// <param name="merges">Whether messages are shared at all.</param>
    /// <returns>The messages, each with whether all of its leases may run in the worker's turn.</returns>
    public static IEnumerable<(IReadOnlyList<GrantLease> Leases, bool Quick)> Divide(IEnumerable<GrantLease> leases, bool merges)
    {
        List<GrantLease> merged = [];
        foreach (GrantLease lease in leases)
        {
            if (!merges || !(lease.Predicted < MergedBelow))
            {
                yield return ([lease], IsQuick(lease));
                continue;
            }

            merged.Add(lease);
            if (merged.Count < MaxLeases)
                continue;
            yield return (merged, merged.TrueForAll(IsQuick));
            merged = [];
        }

        if (merged.Count > 0)
            yield return (merged, merged.TrueForAll(IsQuick));
    }
}
