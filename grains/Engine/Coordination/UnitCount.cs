using System.Globalization;

namespace OrleansWork.Engine.Coordination;

/// <summary>Holds what a kind says of its units to what a job may have.</summary>
internal static class UnitCount
{
    /// <summary>Returns the count.</summary>
    /// <param name="count">What the kind says.</param>
    /// <param name="most"><see cref="CoordinatorOptions.MaxUnits"/>.</param>
    /// <exception cref="UnitCountException">It is negative or above the limit.</exception>
    public static long Checked(long count, long most) =>
        count < 0 ? throw new UnitCountException($"The kind says {Text(count)} units; a job has 0 or more.")
        : count > most
            ? throw new UnitCountException(
                $"The kind says {Text(count)} units > limit {Text(most)} (MaxUnits). Let a unit do more: a larger block."
            )
        : count;

    private static string Text(long count) => count.ToString("N0", CultureInfo.InvariantCulture);
}
