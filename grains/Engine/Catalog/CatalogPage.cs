using Orleans.Concurrency;
using OrleansWork.Protocol;

namespace OrleansWork.Engine.Catalog;

/// <summary>A page of ended jobs.</summary>
/// <param name="Number">Its number.</param>
/// <param name="Count">How many jobs it lists.</param>
/// <param name="NewestTicks">When the newest of them was submitted, in UTC ticks.</param>
[GenerateSerializer, Immutable, Alias("ow.CatalogPage")]
internal readonly record struct CatalogPage([property: Id(0)] long Number, [property: Id(1)] int Count, [property: Id(2)] long NewestTicks);
