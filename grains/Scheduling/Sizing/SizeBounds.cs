namespace OrleansWork.Scheduling.Sizing;

/// <summary>What bounded the size of a lease, in units; NaN where a bound did not apply.</summary>
internal struct SizeBounds
{
    /// <summary>What is left to lease (R).</summary>
    public long Left;

    /// <summary>Half of the slot's fair share (factoring, weighed by speed).</summary>
    public float Share;

    /// <summary>What keeps overhead small (K_min).</summary>
    public float Least;

    /// <summary>What fits into the time budget (K_max).</summary>
    public float Most;

    /// <summary>How far the probe has grown.</summary>
    public float Probe;

    /// <summary>Which of them it was.</summary>
    public SizeBound Won;
}
