namespace OrleansWork.Scheduling.Sizing;

/// <summary>Which leases should give back what they have not begun, so that all slots end together.</summary>
internal static class YieldAdvice
{
    /// <summary>Chooses the leases that end later than the median slot by more than twice the least lease.</summary>
    /// <param name="leases">The leases in flight.</param>
    /// <param name="idleSlots">Slots with nothing to do: they count as ending now.</param>
    /// <param name="leastLeaseSeconds">What the smallest sensible lease takes (K_min·μ), in seconds.</param>
    /// <returns>Their numbers, the latest first; never one without a unit to give back.</returns>
    public static IReadOnlyList<long> Choose(ReadOnlySpan<RunningLease> leases, int idleSlots, double leastLeaseSeconds)
    {
        if (leases.IsEmpty)
            return [];

        double[] ends = new double[leases.Length];
        for (int i = 0; i < ends.Length; i++)
            ends[i] = leases[i].SecondsLeft;
        Array.Sort(ends);

        int middle = (leases.Length + Math.Max(0, idleSlots) - 1) / 2 - Math.Max(0, idleSlots);
        double median = middle < 0 ? 0 : ends[middle];
        List<RunningLease> late = [];
        foreach (RunningLease lease in leases)
            if (lease.UnitsLeft > 0 && lease.SecondsLeft > median + (2 * leastLeaseSeconds))
                late.Add(lease);
        late.Sort(static (a, b) => (b.SecondsLeft, a.Lease).CompareTo((a.SecondsLeft, b.Lease)));
        return late.ConvertAll(static lease => lease.Lease);
    }
}
