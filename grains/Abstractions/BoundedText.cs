using System.Text;

namespace OrleansWork;

/// <summary>Text of others, cut to a number of bytes.</summary>
internal static class BoundedText
{
    private const string Mark = " …";
    private static readonly int MarkBytes = Encoding.UTF8.GetByteCount(Mark);

    /// <summary>Cuts a text to a number of bytes of UTF-8, between characters, and marks the cut.</summary>
    public static string Cut(string text, int maxBytes)
    {
        if (text.Length <= maxBytes / 3)
            return text;
        ReadOnlySpan<char> head = text.AsSpan(0, Math.Min(text.Length, maxBytes));
        if (head.Length == text.Length && Encoding.UTF8.GetByteCount(head) <= maxBytes)
            return text;
        int budget = maxBytes - MarkBytes;
        int bytes = 0;
        int length = 0;
        foreach (Rune rune in head.EnumerateRunes())
        {
            if (bytes + rune.Utf8SequenceLength > budget)
                break;
            bytes += rune.Utf8SequenceLength;
            length += rune.Utf16SequenceLength;
        }

        return string.Concat(head[..Math.Min(length, head.Length)], Mark);
    }

    /// <summary>Cuts the longest of several texts until all together have a number of bytes; what is short stays whole.</summary>
    public static void CutTogether(Span<string> texts, int maxBytes)
    {
        int[] sizes = new int[texts.Length];
        for (int i = 0; i < sizes.Length; i++)
            sizes[i] = Encoding.UTF8.GetByteCount(texts[i]);
        int left = maxBytes;
        int open = sizes.Length;
        int share = 0;
        foreach (int size in sizes.Order())
        {
            share = left / open;
            if (size > share)
                break;
            left -= size;
            if (--open == 0)
                return;
        }

        for (int i = 0; i < texts.Length; i++)
        {
            if (sizes[i] > share)
                texts[i] = Cut(texts[i], Math.Max(share, MarkBytes));
        }
    }
}
