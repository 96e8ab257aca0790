namespace OrleansWork.Scheduling.Recording;

/// <summary>One column of <see cref="LeaseBands"/>.</summary>
internal struct Band : IFolds<Band>
{
    /// <summary>How long slots worked for the job, in seconds of one slot.</summary>
    public float BusySeconds;

    /// <summary>How much of that went to leases of which a unit failed.</summary>
    public float FailedSeconds;

    /// <summary>How much of that went to leases that were lost.</summary>
    public float LostSeconds;

    /// <summary>How many leases ended.</summary>
    public int Leases;

    /// <summary>How many units they completed.</summary>
    public long Units;

    /// <inheritdoc/>
    public void Add(Band other)
    {
        BusySeconds += other.BusySeconds;
        FailedSeconds += other.FailedSeconds;
        LostSeconds += other.LostSeconds;
        Leases += other.Leases;
        Units += other.Units;
    }
}
