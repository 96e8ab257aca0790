using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace OrleansWork.Console.Input;

/// <summary>Reads what users bring as text: UTF-8, or refused with the line where it is not.</summary>
internal static class InputText
{
    // No cluster takes more, whatever it was told to take.
    private const int MostBytes = 64 << 20;

    private static readonly JsonDocumentOptions s_strict = new() { AllowDuplicateProperties = false };

    /// <summary>Reads a file or the standard input to its end.</summary>
    /// <param name="source">Its name, for messages.</param>
    /// <param name="stream">The stream; it is disposed.</param>
    /// <returns>The bytes, without a byte order mark.</returns>
    /// <exception cref="UsageException">It is not UTF-8, or longer than any cluster takes.</exception>
    public static ReadOnlyMemory<byte> Read(string source, Stream stream)
    {
        using (stream)
        {
            // An end is waited for no longer than its bytes could be of use: a device may have none.
            ArrayBufferWriter<byte> bytes = new();
            while (stream.Read(bytes.GetSpan(64 * 1024)) is > 0 and int count)
            {
                bytes.Advance(count);
                if (bytes.WrittenCount > MostBytes)
                    throw new UsageException($"{source} has more than {MostBytes >> 20} MiB; no cluster takes an input of that size.");
            }

            ReadOnlyMemory<byte> text = bytes.WrittenMemory;
            text = text.Span.StartsWith("\uFEFF"u8) ? text[3..] : text;
            RequireUtf8(source, text.Span);
            return text;
        }
    }

    /// <summary>Splits text into lines; a carriage return before a line feed belongs to it.</summary>
    public static IEnumerable<string> Lines(ReadOnlyMemory<byte> text)
    {
        while (!text.IsEmpty)
        {
            int end = text.Span.IndexOf((byte)'\n');
            ReadOnlySpan<byte> line = end < 0 ? text.Span : text.Span[..end];
            yield return Encoding.UTF8.GetString(end >= 0 && line.EndsWith("\r"u8) ? line[..^1] : line);
            text = end < 0 ? default : text[(end + 1)..];
        }
    }

    /// <summary>Reads JSON whose strings are all text.</summary>
    /// <param name="source">Its name, for messages.</param>
    /// <param name="json">UTF-8 JSON.</param>
    /// <exception cref="UsageException">It is not JSON, or a string in it has half of a surrogate pair; the message says where.</exception>
    public static JsonNode? Json(string source, ReadOnlyMemory<byte> json)
    {
        try
        {
            RequireText(source, json.Span);
            return JsonNode.Parse(json.Span, documentOptions: s_strict);
        }
        catch (JsonException exception)
        {
            throw new UsageException(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{source} is not JSON (line {(exception.LineNumber ?? 0) + 1}, byte {(exception.BytePositionInLine ?? 0) + 1}): {FirstSentence(exception.Message)}"
                )
            );
        }
    }

    private static void RequireUtf8(string source, ReadOnlySpan<byte> text)
    {
        if (System.Text.Unicode.Utf8.IsValid(text))
            return;
        if (text.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xFE]) || text.StartsWith((ReadOnlySpan<byte>)[0xFE, 0xFF]))
            throw new UsageException($"{source} is UTF-16; save it as UTF-8.");
        int at = 0;
        while (Rune.DecodeFromUtf8(text[at..], out _, out int size) == OperationStatus.Done)
            at += size;
        throw new UsageException($"{source} is not UTF-8 text: byte 0x{text[at]:x2} in {Where(text, at)}.");
    }

    private static void RequireText(string source, ReadOnlySpan<byte> json)
    {
        Utf8JsonReader reader = new(json, new JsonReaderOptions { MaxDepth = int.MaxValue });
        while (reader.Read())
        {
            if (reader.TokenType is not (JsonTokenType.String or JsonTokenType.PropertyName) || !reader.ValueIsEscaped)
                continue;
            try
            {
                reader.GetString();
            }
            catch (InvalidOperationException)
            {
                throw new UsageException(
                    $"{source} has half of a surrogate pair in a string ({Where(json, (int)reader.TokenStartIndex)}), which is no text."
                );
            }
        }
    }

    private static string Where(ReadOnlySpan<byte> text, int at)
    {
        ReadOnlySpan<byte> before = text[..at];
        return string.Create(
            CultureInfo.InvariantCulture,
            $"line {before.Count((byte)'\n') + 1}, byte {at - before.LastIndexOf((byte)'\n')}"
        );
    }

    private static string FirstSentence(string message)
    {
        // System.Text.Json appends the position, which the line above already has.
        int end = message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        return end < 0 ? message : message[..end];
    }
}
