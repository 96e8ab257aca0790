namespace OrleansWork.Scheduling.Recording;

/// <summary>One column of a <see cref="LeaseSeries"/>.</summary>
internal struct LeaseMoment : IFolds<LeaseMoment>
{
    /// <summary>How many leases ended.</summary>
    public int Leases;

    /// <summary>How many units they completed.</summary>
    public long Units;

    /// <summary>How many of them were granted while the silo's speed was not known.</summary>
    public int Probes;

    /// <summary>How many of them were of the last round.</summary>
    public int Lasts;

    /// <summary>How long they ran.</summary>
    public DurationSketch Seconds;

    /// <inheritdoc/>
    public void Add(LeaseMoment other)
    {
        Leases += other.Leases;
        Units += other.Units;
        Probes += other.Probes;
        Lasts += other.Lasts;
        Seconds.Add(other.Seconds);
    }
}
