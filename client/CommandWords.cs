using System.Buffers;
using System.Text;
using System.Text.Unicode;

namespace OrleansWork.Console;

/// <summary>The words of the command line, as the system has them: bytes.</summary>
internal static class CommandWords
{
    /// <summary>Returns the words of this process, its own name first, without the zero bytes that end them.</summary>
    /// <returns>Null where the system does not say.</returns>
    public static IReadOnlyList<byte[]>? Raw()
    {
        try
        {
            ReadOnlySpan<byte> line = File.ReadAllBytes("/proc/self/cmdline");
            List<byte[]> words = [];
            while (line.IndexOf((byte)0) is var end and >= 0)
            {
                words.Add(line[..end].ToArray());
                line = line[(end + 1)..];
            }

            return words;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Refuses words that are no text: the runtime has put replacement characters in the place of what it could not read.</summary>
    /// <param name="words">The words as the runtime has them.</param>
    /// <param name="raw">Returns the words as the system has them, names of programs first, or null.</param>
    /// <exception cref="UsageException">A word is not UTF-8; the message shows it, and the option it belongs to.</exception>
    public static void RequireText(IReadOnlyList<string> words, Func<IReadOnlyList<byte[]>?> raw)
    {
        IReadOnlyList<byte[]>? bytes = null;
        for (int i = 0; i < words.Count; i++)
        {
            string word = words[i];
            if (IsText(word))
                continue;
            bytes ??= raw() ?? [];
            byte[]? typed = bytes.Count >= words.Count ? bytes[bytes.Count - words.Count + i] : null;
            if (typed is not null && Utf8.IsValid(typed))
                continue;
            string shown = typed is null ? word : Shown(typed);
            string option =
                word.StartsWith("--", StringComparison.Ordinal) || i == 0 || !words[i - 1].StartsWith("--", StringComparison.Ordinal)
                    ? ""
                    : $"{words[i - 1]} ";
            throw new UsageException($"{option}{shown} is not UTF-8 text; what is no text cannot be a name or a value.");
        }
    }

    /// <summary>Reads a variable of the environment.</summary>
    /// <exception cref="UsageException">Its value is not UTF-8.</exception>
    public static string? Variable(string name)
    {
        string? value = Environment.GetEnvironmentVariable(name);
        return value is null || IsText(value)
            ? value
            : throw new UsageException($"{name} in the environment is not UTF-8 text: '{value}'.");
    }

    /// <summary>Says whether a text has neither replacement characters nor, as some systems let through, halves of surrogate pairs.</summary>
    public static bool IsText(string text)
    {
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (rune == Rune.ReplacementChar)
                return false;
        }

        return true;
    }

    /// <summary>Writes bytes that are no text as <c>\xe9</c>.</summary>
    private static string Shown(ReadOnlySpan<byte> bytes)
    {
        StringBuilder shown = new();
        while (!bytes.IsEmpty)
        {
            bool isText = Rune.DecodeFromUtf8(bytes, out Rune rune, out int size) == OperationStatus.Done;
            shown.Append(isText ? rune.ToString() : string.Concat(bytes[..size].ToArray().Select(one => $"\\x{one:x2}")));
            bytes = bytes[size..];
        }

        return $"'{shown}'";
    }
}
