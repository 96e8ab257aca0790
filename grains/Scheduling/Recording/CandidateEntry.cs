using OrleansWork.Scheduling.Placement;

namespace OrleansWork.Scheduling.Recording;

/// <summary>What was believed of a silo when a lease was placed.</summary>
internal struct CandidateEntry
{
    /// <summary>The machine's number of the silo.</summary>
    public int Silo;

    /// <summary>Its leases in flight, all jobs together.</summary>
    public int InFlight;

    /// <summary>Its slots.</summary>
    public int Slots;

    /// <summary>Its recent service time per unit near its load, in seconds; NaN when unknown.</summary>
    public float SecondsPerUnit;

    /// <summary>How much slower than the average slot its slots are; 1 is average.</summary>
    public float Slowness;

    /// <summary>How old its load was, in seconds; NaN when it had said none.</summary>
    public float LoadAgeSeconds;

    /// <summary>What became of it.</summary>
    public CandidateVerdict Verdict;

    /// <summary>Why it takes no leases; <see cref="Obstacle.None"/> when it does.</summary>
    public Obstacle Obstacle;
}
