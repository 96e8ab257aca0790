namespace OrleansWork;

/// <summary>What the engine asks of a kind with items without knowing their type.</summary>
internal interface IItemKind<in TInput>
{
    /// <summary>Lists the items as bytes of their codec; runs user code.</summary>
    IAsyncEnumerable<byte[]> EncodeItemsAsync(TInput input, IServiceProvider? services, CancellationToken cancellationToken);

    /// <summary>Makes what units read their items with.</summary>
    ItemReader CreateReader(IItemSource source, IServiceProvider? services);
}
