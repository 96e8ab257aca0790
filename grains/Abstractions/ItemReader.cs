namespace OrleansWork;

/// <summary>What the engine asks of a kind with items without knowing their type.</summary>
internal interface IItemKind<in TInput>
{
    /// <summary>Lists the items as bytes of their codec; runs user code.</summary>
    IAsyncEnumerable<byte[]> EncodeItemsAsync(TInput input, IServiceProvider? services, CancellationToken cancellationToken);

    /// <summary>Makes what units read their items with.</summary>
    ItemReader CreateReader(IItemSource source, IServiceProvider? services);
}

/// <summary>The stored items of one job.</summary>
internal interface IItemSource
{
    /// <summary>Returns the bytes of an item, waiting on this thread until they are there.</summary>
    /// <param name="unit">The item's number.</param>
    /// <param name="host">Whose token ends the waiting; asked for it only where there is something to wait for.</param>
    ReadOnlyMemory<byte> Get(long unit, IUnitHost host);

    /// <summary>Sees to it that <see cref="Get"/> need not wait.</summary>
    ValueTask LoadAsync(long unit, IUnitHost host);
}

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
