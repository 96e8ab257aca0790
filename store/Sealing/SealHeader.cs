namespace OrleansWork.Store.Sealing;

/// <summary>How a seal begins: a name and the version of what follows.</summary>
internal static class SealHeader
{
    /// <summary>The whole of a seal that seals nothing yet; the seals of earlier versions begin so, too. It has no mark.</summary>
    public static ReadOnlySpan<byte> Unmarked => "ow-seal 1\n"u8;

    /// <summary>The first bytes of a seal that has a mark.</summary>
    public static ReadOnlySpan<byte> Marked => "ow-seal 2\n"u8;
}
