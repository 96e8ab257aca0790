using Orleans.Concurrency;

namespace OrleansWork.Engine.Storage;

/// <summary>What one silo did for the job.</summary>
[GenerateSerializer, Immutable, Alias("ow.StoredShare")]
internal readonly record struct StoredShare(
    [property: Id(0)] string Silo,
    [property: Id(1)] long Units,
    [property: Id(2)] long Leases,
    [property: Id(3)] double BusySeconds
);
