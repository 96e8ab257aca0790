using System.Text;

namespace OrleansWork.Console.Top;

/// <summary>What a key is.</summary>
internal enum TopKeyKind
{
    /// <summary>A character.</summary>
    Character,

    /// <summary>One line up.</summary>
    Up,

    /// <summary>One line down.</summary>
    Down,

    /// <summary>A page up.</summary>
    PageUp,

    /// <summary>A page down.</summary>
    PageDown,

    /// <summary>To the first line.</summary>
    Home,

    /// <summary>To the last line.</summary>
    End,

    /// <summary>The tabulator.</summary>
    Tab,

    /// <summary>The end of an entry.</summary>
    Enter,

    /// <summary>Escape alone.</summary>
    Escape,

    /// <summary>Takes the last character back.</summary>
    Backspace,

    /// <summary>Ctrl-C.</summary>
    Interrupt,
}

/// <summary>One key that was pressed.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Text">The character, where it is one.</param>
internal readonly record struct TopKey(TopKeyKind Kind, string Text = "")
{
    private const byte Escape = 0x1b;
    private const byte Delete = 0x7f;

    /// <summary>Reads what a terminal sends for keys that were pressed; what it sends for others is left out.</summary>
    /// <param name="bytes">Whole sequences: an escape at the end is the key.</param>
    public static IReadOnlyList<TopKey> Read(ReadOnlySpan<byte> bytes)
    {
        List<TopKey> keys = [];
        while (bytes.Length > 0)
        {
            if (bytes[0] == Escape)
            {
                int length = SequenceLength(bytes);
                if (length == 1)
                    keys.Add(new TopKey(TopKeyKind.Escape));
                else if (OfSequence(bytes[1..length]) is { } kind)
                    keys.Add(new TopKey(kind));
                bytes = bytes[length..];
                continue;
            }

            Rune.DecodeFromUtf8(bytes, out Rune rune, out int used);
            bytes = bytes[used..];
            if (OfControl(rune.Value) is { } control)
                keys.Add(new TopKey(control));
            else if (!Rune.IsControl(rune) && rune != Rune.ReplacementChar)
                keys.Add(new TopKey(TopKeyKind.Character, rune.ToString()));
        }

        return keys;
    }

    private static TopKeyKind? OfControl(int value) =>
        value switch
        {
            0x03 => TopKeyKind.Interrupt,
            0x08 or Delete => TopKeyKind.Backspace,
            '\t' => TopKeyKind.Tab,
            '\r' or '\n' => TopKeyKind.Enter,
            _ => null,
        };

    // ESC [ parameters letter, ESC O letter, or ESC and a character, which is that key with Alt.
    private static int SequenceLength(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length == 1 || bytes[1] == Escape)
            return 1;
        if (bytes[1] == 'O')
            return Math.Min(3, bytes.Length);
        if (bytes[1] != '[')
            return 2;
        int end = bytes[2..].IndexOfAnyInRange((byte)0x40, (byte)0x7e);
        return end < 0 ? bytes.Length : end + 3;
    }

    private static TopKeyKind? OfSequence(ReadOnlySpan<byte> sequence) =>
        Encoding.ASCII.GetString(sequence) switch
        {
            "[A" or "OA" => TopKeyKind.Up,
            "[B" or "OB" => TopKeyKind.Down,
            "[5~" => TopKeyKind.PageUp,
            "[6~" => TopKeyKind.PageDown,
            "[H" or "OH" or "[1~" => TopKeyKind.Home,
            "[F" or "OF" or "[4~" => TopKeyKind.End,
            _ => null,
        };
}
