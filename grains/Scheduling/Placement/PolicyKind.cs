namespace OrleansWork.Scheduling.Placement;

/// <summary>The placement policies there are.</summary>
internal enum PolicyKind
{
    /// <summary>Every silo with the same probability.</summary>
    Random,

    /// <summary>One silo after the other.</summary>
    RoundRobin,

    /// <summary>The silo with the fewest leases in flight per slot.</summary>
    LeastLoaded,

    /// <summary>The silo that answers fastest at its present load, learned from reports.</summary>
    Adaptive,
}
