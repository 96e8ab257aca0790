using System.Collections.Immutable;
using Orleans.Concurrency;

namespace OrleansWork.Engine.Storage;

/// <summary>Bytes that belong to a job: inline, or pieces of immutable pages.</summary>
[GenerateSerializer, Immutable, Alias("ow.StoredPayload")]
internal sealed record StoredPayload([property: Id(0)] byte[]? Inline, [property: Id(1)] ImmutableArray<PagePiece> Pieces)
{
    /// <summary>Gets the size in bytes.</summary>
    public long Length => Inline?.LongLength ?? Pieces.Sum(piece => (long)piece.Length);

    /// <summary>Keeps bytes inline.</summary>
    public static StoredPayload OfInline(byte[] bytes) => new(bytes, []);
}
