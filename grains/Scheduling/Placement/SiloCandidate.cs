namespace OrleansWork.Scheduling.Placement;

/// <summary>A silo that has room for one more lease, as the chooser knows it now.</summary>
internal readonly record struct SiloCandidate
{
    /// <summary>Gets the caller's number of the silo; candidates come in ascending order of it.</summary>
    public int Silo { get; init; }

    /// <summary>Gets how many units it runs at once (c).</summary>
    public int Slots { get; init; }

    /// <summary>Gets the leases in flight (q): what the silo reported, all jobs together, plus own sends since.</summary>
    public int InFlight { get; init; }

    /// <summary>Gets whether its last report is at most one second old.</summary>
    public bool LoadIsFresh { get; init; }

    /// <summary>Gets the recent service time per unit of work at or near its present load, in seconds; NaN when unknown.</summary>
    public double LatencySeconds { get; init; }

    /// <summary>Gets how much slower than the average slot one of its slots is (v): 1 is average, 2 takes twice as long; 0 or NaN means unknown.</summary>
    public double Slowness { get; init; }

    /// <summary>Gets the rest of the caller's own leases in flight there, in seconds of one slot, already weighed by slowness (W).</summary>
    public double WorkSeconds { get; init; }

    /// <summary>Gets how long a call to it and back takes without any work, in seconds.</summary>
    public double RoundTripSeconds { get; init; }

    /// <summary>Gets how many leases failed there lately.</summary>
    public int Failures { get; init; }

    /// <summary>Gets which part of its recent leases failed, 0 to 1.</summary>
    public double ErrorRate { get; init; }

    /// <summary>
    /// Gets whether some other silo, itself not past the <see cref="ErrorGate"/>, succeeds with this job: then failures are this
    /// silo's own. Must be false where all silos fail alike, or nobody would get work any more.
    /// </summary>
    public bool OthersSucceed { get; init; }

    /// <summary>Gets the requests in flight per slot (rif).</summary>
    internal double LoadPerSlot => InFlight / (double)Math.Max(1, Slots);

    /// <summary>Gets the slowness, 1 where unknown.</summary>
    internal double KnownSlowness => Slowness > 0 ? Slowness : 1;
}
