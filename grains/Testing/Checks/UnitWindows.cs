using OrleansWork.Scheduling.Ledger;

namespace OrleansWork.Testing;

/// <summary>Chooses the units that a check runs: neighbours, because only these are combined.</summary>
internal static class UnitWindows
{
    /// <summary>Returns all units as one window where they are few enough; otherwise windows at the start, in the middle and at the end.</summary>
    public static UnitRange[] Choose(long unitCount, int units)
    {
        if (unitCount <= Math.Max(3, units))
            return [new(0, unitCount)];
        long width = Math.Max(1, units / 3);
        long middle = (unitCount - width) / 2;
        return [new(0, width), new(middle, middle + width), new(unitCount - width, unitCount)];
    }
}
