using System.Globalization;
using System.Text;

namespace OrleansWork.Console.Output;

/// <summary>Text from jobs, silos and files, made safe for a terminal.</summary>
internal static class Printable
{
    /// <summary>Writes control characters, and those that reorder or break text, as escapes: a name cannot move the cursor or forge a line.</summary>
    public static string Escape(string? text)
    {
        if (string.IsNullOrEmpty(text))
            return "";
        int first = 0;
        while (first < text.Length && !IsUnsafe(text, first))
            first++;
        if (first == text.Length)
            return text;

        StringBuilder safe = new(text.Length + 16);
        safe.Append(text, 0, first);
        for (int i = first; i < text.Length; i++)
        {
            char c = text[i];
            if (!IsUnsafe(text, i))
                safe.Append(c);
            else
                safe.Append(
                    c switch
                    {
                        '\n' => "\\n",
                        '\r' => "\\r",
                        '\t' => "\\t",
                        _ => string.Create(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
                    }
                );
        }

        return safe.ToString();
    }

    /// <summary>Does so for each line of a text, and indents the lines alike.</summary>
    public static string EscapeLines(string text, string indent) =>
        string.Join(
            '\n',
            text.ReplaceLineEndings("\n")
                .Split('\n')
                .Select(line => line.Trim())
                .Where(line => line.Length > 0)
                .Select(line => indent + Escape(line))
        );

    private static bool IsUnsafe(string text, int index)
    {
        char c = text[index];
        if (char.IsSurrogate(c))
        {
            bool paired =
                (char.IsHighSurrogate(c) && index + 1 < text.Length && char.IsLowSurrogate(text[index + 1]))
                || (char.IsLowSurrogate(c) && index > 0 && char.IsHighSurrogate(text[index - 1]));
            return !paired;
        }

        // Format characters include the bidirectional overrides and the zero-width ones.
        return char.GetUnicodeCategory(c)
            is UnicodeCategory.Control
                or UnicodeCategory.Format
                or UnicodeCategory.LineSeparator
                or UnicodeCategory.ParagraphSeparator;
    }
}
