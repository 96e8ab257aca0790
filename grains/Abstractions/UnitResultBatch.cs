namespace OrleansWork;

/// <summary>Results of some items of a map job, as UTF-8 JSON each; made by the engine.</summary>
public sealed class UnitResultBatch
{
    internal UnitResultBatch(long unit, ReadOnlyMemory<byte> json) => Entries = [(unit, json)];

    private UnitResultBatch(List<(long Unit, ReadOnlyMemory<byte> Json)> entries) => Entries = entries;

    internal List<(long Unit, ReadOnlyMemory<byte> Json)> Entries { get; }

    internal UnitResultBatch Append(UnitResultBatch right)
    {
        Entries.AddRange(right.Entries);
        return this;
    }

    internal static UnitResultBatch Read(ReadOnlyMemory<byte> bytes)
    {
        List<(long, ReadOnlyMemory<byte>)> entries = [];
        UnitResultReader reader = new(bytes);
        while (reader.TryRead(out long unit, out ReadOnlyMemory<byte> json))
            entries.Add((unit, json));
        return new UnitResultBatch(entries);
    }
}
