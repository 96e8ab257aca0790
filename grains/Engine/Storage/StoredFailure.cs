using Orleans.Concurrency;

namespace OrleansWork.Engine.Storage;

/// <summary>A unit that has failed at least once.</summary>
[GenerateSerializer, Immutable, Alias("ow.StoredFailure")]
internal sealed record StoredFailure(
    [property: Id(0)] long Unit,
    [property: Id(1)] int Attempts,
    [property: Id(2)] string Type,
    [property: Id(3)] string Message,
    [property: Id(4)] string? Silo,
    [property: Id(5)] bool ForGood
);
