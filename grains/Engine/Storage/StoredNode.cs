using Orleans.Concurrency;

namespace OrleansWork.Engine.Storage;

/// <summary>A node of the canonical tree with its partial.</summary>
[GenerateSerializer, Immutable, Alias("ow.StoredNode")]
internal readonly record struct StoredNode(
    [property: Id(0)] byte Level,
    [property: Id(1)] long Index,
    [property: Id(2)] StoredPayload Partial
);
