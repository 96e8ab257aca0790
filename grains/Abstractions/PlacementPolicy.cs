using System.Text.Json.Serialization;

namespace OrleansWork;

/// <summary>The rule that chooses a silo for each lease.</summary>
[JsonConverter(typeof(WordConverter<PlacementPolicy>))]
public enum PlacementPolicy
{
    /// <summary>Any silo with room, all alike.</summary>
    Random,

    /// <summary>The next silo in order, skipping full ones.</summary>
    RoundRobin,

    /// <summary>The silo with the fewest leases per slot; the better of two samples on large clusters.</summary>
    LeastLoaded,

    /// <summary>By load and measured speed: slow or failing silos get less.</summary>
    Adaptive,
}
