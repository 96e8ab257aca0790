using OrleansWork.Scheduling.Ledger;

namespace OrleansWork.Scheduling.Coordination;

/// <summary>A lease that a silo holds.</summary>
/// <param name="Name">The lease.</param>
/// <param name="Range">Its units.</param>
/// <param name="Started">Whether it has begun to run.</param>
/// <param name="At">The unit it is at.</param>
/// <param name="Running">How long it has run.</param>
internal readonly record struct HeldRange(LeaseName Name, UnitRange Range, bool Started, long At, TimeSpan Running)
{
    /// <summary>Gets whether it was sent as a lone canary.</summary>
    public bool Alone { get; init; }

    /// <summary>Gets the slot it runs on, from 0; -1 when it runs on none or that is not known.</summary>
    public int Slot { get; init; } = -1;
}
