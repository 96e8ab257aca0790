using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;

namespace OrleansWork.Values;

/// <summary>Escapes like another encoder, and refuses half of a surrogate pair, which the serializer would replace without a word.</summary>
internal sealed class StrictTextEncoder(JavaScriptEncoder inner) : JavaScriptEncoder
{
    public override int MaxOutputCharactersPerInputCharacter => inner.MaxOutputCharactersPerInputCharacter;

    public override unsafe int FindFirstCharacterToEncode(char* text, int textLength) => inner.FindFirstCharacterToEncode(text, textLength);

    public override int FindFirstCharacterToEncodeUtf8(ReadOnlySpan<byte> utf8Text) => inner.FindFirstCharacterToEncodeUtf8(utf8Text);

    public override unsafe bool TryEncodeUnicodeScalar(
        int unicodeScalar,
        char* buffer,
        int bufferLength,
        out int numberOfCharactersWritten
    ) => inner.TryEncodeUnicodeScalar(unicodeScalar, buffer, bufferLength, out numberOfCharactersWritten);

    public override bool WillEncode(int unicodeScalar) => inner.WillEncode(unicodeScalar);

    public override OperationStatus Encode(
        ReadOnlySpan<char> source,
        Span<char> destination,
        out int charsConsumed,
        out int charsWritten,
        bool isFinalBlock = true
    )
    {
        // Half of a pair always needs escaping, so that text without it is never looked through here.
        if (IndexOfHalf(source) is >= 0 and var half)
        {
            throw new NotSupportedException(
                FormattableString.Invariant(
                    $"A text has half of a surrogate pair (U+{(int)source[half]:X4}), which is no text and cannot cross as JSON; keep such data in a byte[] or char[] of numbers."
                )
            );
        }

        return inner.Encode(source, destination, out charsConsumed, out charsWritten, isFinalBlock);
    }

    public override OperationStatus EncodeUtf8(
        ReadOnlySpan<byte> utf8Source,
        Span<byte> utf8Destination,
        out int bytesConsumed,
        out int bytesWritten,
        bool isFinalBlock = true
    ) => inner.EncodeUtf8(utf8Source, utf8Destination, out bytesConsumed, out bytesWritten, isFinalBlock);

    private static int IndexOfHalf(ReadOnlySpan<char> text)
    {
        int at = 0;
        while (text[at..].IndexOfAnyInRange('\uD800', '\uDFFF') is >= 0 and var next)
        {
            at += next;
            if (Rune.DecodeFromUtf16(text[at..], out _, out int length) != OperationStatus.Done)
                return at;
            at += length;
        }

        return -1;
    }
}
