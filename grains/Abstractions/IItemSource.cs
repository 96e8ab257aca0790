namespace OrleansWork;

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
