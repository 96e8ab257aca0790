namespace OrleansWork.Scheduling.Sizing;

/// <summary>What gave a lease its size.</summary>
internal enum SizeBound : byte
{
    /// <summary>It is one unit by its nature: a retry, a canary, a second attempt.</summary>
    One,

    /// <summary>The user's number.</summary>
    Fixed,

    /// <summary>The probe.</summary>
    Probe,

    /// <summary>The slot's share of what is left.</summary>
    Share,

    /// <summary>The least that keeps overhead small.</summary>
    Least,

    /// <summary>The most that fits into the budget.</summary>
    Most,

    /// <summary>There were no more units.</summary>
    Left,

    /// <summary>An even split of what is left, in the last round.</summary>
    Even,
}
