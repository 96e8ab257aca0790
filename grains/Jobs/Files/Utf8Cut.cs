using System.Buffers;
using System.Text;

namespace OrleansWork.Jobs.Files;

/// <summary>Finds where to begin to read around a cut in a UTF-8 file.</summary>
internal static class Utf8Cut
{
    private const int LongestRune = 4;

    /// <summary>Returns where the character begins that says whether a word runs across a position: the last one before it, or around it,
    /// that is no combining mark.</summary>
    /// <returns>The position itself at the beginning of the file or after bytes that are no text.</returns>
    public static long BaseBefore(FileStream file, long position, CancellationToken cancellationToken)
    {
        Span<byte> bytes = stackalloc byte[LongestRune];
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            long start = RuneBefore(file, position);
            if (start == position)
                return start;
            file.Position = start;
            int read = file.ReadAtLeast(bytes, LongestRune, throwOnEndOfStream: false);
            if (Rune.DecodeFromUtf8(bytes[..read], out Rune rune, out _) != OperationStatus.Done || !Words.Clings(rune))
                return start;
            position = start;
        }
    }

    /// <summary>Returns where the character before a position begins, or the one that the position is inside of.</summary>
    /// <returns>At most four bytes before the position; the position itself at the beginning of the file or after bytes that are no text.</returns>
    private static long RuneBefore(FileStream file, long position)
    {
        long start = Math.Max(0, position - LongestRune);
        Span<byte> before = stackalloc byte[(int)(position - start)];
        file.Position = start;
        file.ReadExactly(before);
        for (int i = before.Length - 1; i >= 0; i--)
        {
            if ((before[i] & 0xC0) != 0x80)
                return start + i;
        }

        return position;
    }
}
