namespace OrleansWork.Store.Sealing;

/// <summary>How a seal begins; one that has nothing else seals nothing yet.</summary>
internal static class SealHeader
{
    /// <summary>The first bytes of the file: a name and the version of what follows.</summary>
    public static ReadOnlySpan<byte> Bytes => "ow-seal 1\n"u8;
}
