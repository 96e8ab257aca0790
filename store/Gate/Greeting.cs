using System.Buffers.Text;
using System.Security.Cryptography;

namespace OrleansWork.Store.Gate;

/// <summary>What the first words of a connection are.</summary>
internal enum Greeting
{
    /// <summary>They are not whole yet.</summary>
    Unfinished,

    /// <summary>They have not the password.</summary>
    Refused,

    /// <summary>They have the password.</summary>
    Proved,
}

/// <summary>Reads the first request of a connection: <c>AUTH [default] PASSWORD</c> or <c>HELLO VERSION AUTH default PASSWORD …</c>.</summary>
internal static class Greetings
{
    /// <summary>How long a request may be beside the password.</summary>
    public const int MostBytes = 512;

    private const int MostWords = 8;
    private static readonly byte[] s_end = "\r\n"u8.ToArray();

    /// <summary>Reads the bytes that have come so far.</summary>
    public static Greeting Read(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> password)
    {
        int at = 0;
        if (TryReadNumber(bytes, ref at, (byte)'*', MostWords, out int count) is not Greeting.Proved and var head)
            return head;
        Span<Range> words = stackalloc Range[MostWords];
        for (int i = 0; i < count; i++)
        {
            if (TryReadNumber(bytes, ref at, (byte)'$', MostBytes + password.Length, out int length) is not Greeting.Proved and var word)
                return word;
            if (bytes.Length - at < length + s_end.Length)
                return Greeting.Unfinished;
            words[i] = at..(at + length);
            at += length;
            if (!bytes[at..].StartsWith(s_end))
                return Greeting.Refused;
            at += s_end.Length;
        }

        return Proves(bytes, words[..count], password) ? Greeting.Proved : Greeting.Refused;
    }

    private static bool Proves(ReadOnlySpan<byte> bytes, ReadOnlySpan<Range> words, ReadOnlySpan<byte> password)
    {
        if (words.Length >= 2 && Is(bytes[words[0]], "AUTH"u8))
            return words.Length <= 3 && IsOwner(bytes, words[1..], password);
        return words.Length >= 5
            && Is(bytes[words[0]], "HELLO"u8)
            && Is(bytes[words[2]], "AUTH"u8)
            && IsOwner(bytes, words[3..5], password);
    }

    private static bool IsOwner(ReadOnlySpan<byte> bytes, ReadOnlySpan<Range> words, ReadOnlySpan<byte> password) =>
        (words.Length == 1 || bytes[words[0]].SequenceEqual("default"u8))
        && CryptographicOperations.FixedTimeEquals(bytes[words[^1]], password);

    private static bool Is(ReadOnlySpan<byte> word, ReadOnlySpan<byte> name) => System.Text.Ascii.EqualsIgnoreCase(word, name);

    // A kind, a number and the end of the line: proved when it is there and in bounds.
    private static Greeting TryReadNumber(ReadOnlySpan<byte> bytes, ref int at, byte kind, int most, out int number)
    {
        number = 0;
        ReadOnlySpan<byte> rest = bytes[at..];
        if (rest.IsEmpty)
            return Greeting.Unfinished;
        const int MostDigits = 5;
        int end = rest.IndexOf((byte)'\n');
        if (rest[0] != kind || (end < 0 && rest.Length > MostDigits + 2))
            return Greeting.Refused;
        if (end < 0)
            return Greeting.Unfinished;
        ReadOnlySpan<byte> digits = rest[1..end];
        bool isNumber =
            digits.Length is > 1 and <= MostDigits + 1
            && digits[^1] == '\r'
            && digits[0] != '-'
            && Utf8Parser.TryParse(digits[..^1], out number, out int read)
            && read == digits.Length - 1
            && number > 0
            && number <= most;
        at += end + 1;
        return isNumber ? Greeting.Proved : Greeting.Refused;
    }
}
