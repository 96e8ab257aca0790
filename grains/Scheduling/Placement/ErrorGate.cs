namespace OrleansWork.Scheduling.Placement;

/// <summary>
/// Keeps silos out of a ranking that fail what others complete. Without it a silo that fails fast looks fast and idle, and draws all
/// work to itself: sinkholing.
/// </summary>
internal static class ErrorGate
{
    /// <summary>How many failures it takes; fewer may be bad luck.</summary>
    public const int MinFailures = 3;

    /// <summary>The part of recent leases that may fail.</summary>
    public const double MaxErrorRate = 0.2;

    /// <summary>Returns whether a silo fails too often, whatever the others do.</summary>
    public static bool IsPast(int failures, double errorRate) => failures >= MinFailures && errorRate > MaxErrorRate;

    /// <summary>Returns whether a silo is out: it fails too often while others succeed.</summary>
    public static bool Excludes(in SiloCandidate candidate) => candidate.OthersSucceed && IsPast(candidate.Failures, candidate.ErrorRate);
}
