using OrleansWork.Protocol;
using OrleansWork.Scheduling.Failures;

namespace OrleansWork.Engine.Execution;

/// <summary>The failure of a unit that ran past its limit.</summary>
internal static class UnitTimeout
{
    /// <summary>Makes its record.</summary>
    public static FailureRecord Record(long unit, long limitMicros) =>
        FailureRecords.Of(
            unit,
            typeof(TimeoutException).FullName!,
            $"Unit {unit} ran longer than its limit of {Duration.Format(TimeSpan.FromMicroseconds(limitMicros))} (unitTimeout)."
        );
}
