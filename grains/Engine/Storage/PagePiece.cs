using Orleans.Concurrency;

namespace OrleansWork.Engine.Storage;

/// <summary>A piece of one page.</summary>
[GenerateSerializer, Immutable, Alias("ow.PagePiece")]
internal readonly record struct PagePiece([property: Id(0)] PageKey Page, [property: Id(1)] int Offset, [property: Id(2)] int Length);
