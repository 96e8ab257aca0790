using System.Runtime.CompilerServices;

namespace OrleansWork.Scheduling.Recording;

/// <summary>How much the record of one job keeps one by one.</summary>
/// <param name="Budget">The memory that it shares with other jobs, or null.</param>
internal sealed record RecordLimits(RecordBudget? Budget = null)
{
    /// <summary>Gets how many leases are kept at most.</summary>
    /// <value>The default is 65,536; a power of two.</value>
    public int MostLeases { get; init; } = 65_536;

    /// <summary>Gets how many decisions are kept at most.</summary>
    /// <value>The default is 8,192; a power of two.</value>
    public int MostDecisions { get; init; } = 8_192;

    internal RingLimits ForLeases => new(MostLeases, Unsafe.SizeOf<LeaseEntry>(), Budget);

    internal RingLimits ForDecisions => new(MostDecisions, Unsafe.SizeOf<DecisionEntry>(), Budget);

    internal RingLimits ForEnds => new(MostLeases, sizeof(long), Budget);
}
