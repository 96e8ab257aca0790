namespace OrleansWork.Scheduling.Placement;

/// <summary>The clause by which a silo was chosen.</summary>
internal enum ChoiceRule : byte
{
    /// <summary>No silo was chosen, or nobody knows how.</summary>
    None,

    /// <summary>It was the only one with room.</summary>
    OnlyOneWithRoom,

    /// <summary>By chance, each with the same probability.</summary>
    Random,

    /// <summary>It was the next in the order of silos.</summary>
    NextInTurn,

    /// <summary>It had the fewest leases in flight per slot.</summary>
    FewestPerSlot,

    /// <summary>It had fewer leases in flight per slot than the other of two that were sampled.</summary>
    FewerOfTwo,

    /// <summary>It would serve one more lease soonest: in flight times slowness per slot.</summary>
    SoonestServed,

    /// <summary>It answers fastest among the silos whose load is not high.</summary>
    FastestOfCold,

    /// <summary>By chance among the silos whose load is not high, to measure them again.</summary>
    Explored,

    /// <summary>It is predicted to finish the lease first.</summary>
    FirstToFinish,

    /// <summary>It was offered with others, and Orleans chose.</summary>
    Offered,

    /// <summary>It is kept free for the canary.</summary>
    KeptForCanary,
}
