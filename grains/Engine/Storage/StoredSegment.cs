using Orleans.Concurrency;

namespace OrleansWork.Engine.Storage;

/// <summary>A run of items or results in pages of its own; the pages' numbers follow one another.</summary>
/// <param name="First">The lowest unit in it.</param>
/// <param name="Last">The highest unit in it.</param>
/// <param name="Count">How many entries it has.</param>
/// <param name="Epoch">The epoch of its pages.</param>
/// <param name="Page">The number of its first page.</param>
/// <param name="Bytes">Its size; every page but the last is full.</param>
[GenerateSerializer, Immutable, Alias("ow.StoredSegment")]
internal readonly record struct StoredSegment(
    [property: Id(0)] long First,
    [property: Id(1)] long Last,
    [property: Id(2)] long Count,
    [property: Id(3)] int Epoch,
    [property: Id(4)] long Page,
    [property: Id(5)] int Bytes
)
{
    /// <summary>Gets its pages in order.</summary>
    public IEnumerable<PageKey> Pages
    {
        get
        {
            for (int i = 0; i < (Bytes + JobStore.MaxPageBytes - 1) / JobStore.MaxPageBytes; i++)
                yield return new PageKey(Epoch, Page + i);
        }
    }
}
