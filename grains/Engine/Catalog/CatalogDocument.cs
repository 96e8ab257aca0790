using System.Collections.Immutable;
using Orleans.Concurrency;
using OrleansWork.Protocol;

namespace OrleansWork.Engine.Catalog;

/// <summary>The stored form of one catalogue shard: the open jobs, the newest ended ones, and references to pages of older ones.</summary>
[GenerateSerializer, Immutable, Alias("ow.CatalogDocument")]
internal sealed record CatalogDocument
{
    /// <summary>The newest layout that this build writes.</summary>
    public const int CurrentSchema = 1;

    /// <summary>How many ended jobs the shard keeps in its own document before it moves them to a page.</summary>
    public const int MaxTail = 256;

    [Id(0)]
    public ImmutableArray<CatalogEntry> Open { get; init; } = [];

    [Id(1)]
    public ImmutableArray<CatalogEntry> Tail { get; init; } = [];

    [Id(2)]
    public ImmutableArray<CatalogPage> Pages { get; init; } = [];

    [Id(3)]
    public long NextPage { get; init; }
}
