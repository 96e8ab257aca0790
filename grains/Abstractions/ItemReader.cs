namespace OrleansWork;

/// <summary>Reads the items of one job.</summary>
internal abstract class ItemReader(IItemSource source)
{
    /// <summary>Gets where they come from.</summary>
    public IItemSource Source { get; } = source;
}

/// <summary>Reads the items of one job with their type: every attempt gets a value of its own.</summary>
internal sealed class ItemReader<TItem>(IItemSource source, PayloadCodec<TItem> codec) : ItemReader(source)
{
    /// <summary>Returns an item.</summary>
    public TItem Get(long unit, IUnitHost host) => codec.Decode(Source.Get(unit, host).Span);
}
