using System.Collections.Immutable;
using Orleans.Concurrency;
using OrleansWork.Protocol;

namespace OrleansWork.Engine.Catalog;

/// <summary>The content of a page of ended jobs.</summary>
[GenerateSerializer, Immutable, Alias("ow.CatalogPageContent")]
internal sealed record CatalogPageContent([property: Id(0)] ImmutableArray<CatalogEntry> Entries);
