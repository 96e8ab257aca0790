namespace OrleansWork;

/// <summary>Reads results one by one from their encoding: the distance from the unit after the last one, the length, the JSON.</summary>
internal struct UnitResultReader(ReadOnlyMemory<byte> bytes)
{
    private ReadOnlyMemory<byte> _rest = bytes;
    private long _next;

    /// <summary>Gets how many bytes were not read yet.</summary>
    public readonly int Left => _rest.Length;

    public bool TryRead(out long unit, out ReadOnlyMemory<byte> json)
    {
        if (_rest.IsEmpty)
        {
            (unit, json) = (0, default);
            return false;
        }

        ulong distance = Varint.Read(ref _rest);
        unit = _next + ((long)(distance >> 1) ^ -(long)(distance & 1));
        int length = checked((int)Varint.Read(ref _rest));
        if (length > _rest.Length)
            throw new FormatException($"A result of {length} bytes does not fit into the {_rest.Length} that are left of its batch.");
        json = _rest[..length];
        _rest = _rest[length..];
        _next = unit + 1;
        return true;
    }
}
