using System.Text;

namespace OrleansWork.Store.Log;

/// <summary>Finds in an entry of the log which job's record it writes.</summary>
internal static class JobKeys
{
    private const int LongestId = 64;

    // What an entry has around its key when it carries nothing else: alignment and an empty list of arguments.
    private const int AroundKeyBytes = 12;

    // As Orleans' Redis storage names the record that the engine's JobStore calls a manifest: SERVICE/state/ow-job/ID/manifest.
    private static ReadOnlySpan<byte> Before => "/state/ow-job/"u8;

    private static ReadOnlySpan<byte> After => "/manifest"u8;

    /// <summary>Reads an entry.</summary>
    /// <param name="head">The entry without its length; of a long one its beginning.</param>
    /// <param name="length">How long the whole entry is.</param>
    /// <param name="address">Where it is.</param>
    /// <returns>Null when it is about something else.</returns>
    public static JobNote? Read(ReadOnlySpan<byte> head, int length, long address)
    {
        int before = head.IndexOf(Before);
        if (before < 0)
            return null;
        ReadOnlySpan<byte> rest = head[(before + Before.Length)..];
        int end = rest.IndexOf((byte)'/');
        if (end is < 1 or > LongestId || !rest[end..].StartsWith(After) || rest[..end].ContainsAnyExcept(IdBytes))
            return null;
        int after = length - before - Before.Length - end - After.Length;
        return new JobNote(Encoding.ASCII.GetString(rest[..end]), address, IsRemoved: after <= AroundKeyBytes);
    }

    private static readonly System.Buffers.SearchValues<byte> IdBytes = System.Buffers.SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-"u8
    );
}
