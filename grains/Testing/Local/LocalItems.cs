namespace OrleansWork.Testing;

/// <summary>The items of one job in this process, as bytes of their codec.</summary>
internal sealed class LocalItems : IItemSource
{
    private readonly List<byte[]> _items = [];

    private LocalItems() { }

    public long Count => _items.Count;

    /// <summary>Lists the items of a kind; null for a kind that has none.</summary>
    public static async Task<(LocalItems Items, ItemReader Reader)?> ReadAsync<TInput>(
        JobKind kind,
        TInput input,
        IServiceProvider? services,
        CancellationToken cancellationToken
    )
    {
        if (kind is not IItemKind<TInput> listing)
            return null;
        LocalItems items = new();
        await foreach (byte[] item in listing.EncodeItemsAsync(input, services, cancellationToken))
        {
            if (item.Length > LocalRunner.MaxPayloadBytes)
            {
                throw new PermanentFailureException(
                    $"Item {items.Count} is {item.Length} bytes of payload; the limit is {LocalRunner.MaxPayloadBytes}."
                );
            }

            items._items.Add(item);
        }

        return (items, listing.CreateReader(items, services));
    }

    public ReadOnlyMemory<byte> Get(long unit, IUnitHost host) => _items[checked((int)unit)];

    public ValueTask LoadAsync(long unit, IUnitHost host) => ValueTask.CompletedTask;
}
