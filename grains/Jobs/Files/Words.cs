using System.Globalization;
using System.Text;
using ADRaffy.ENSNormalize;

namespace OrleansWork.Jobs.Files;

/// <summary>What a word is, and when two spellings are one word.</summary>
internal static class Words
{
    // Below it a text is composed as it is, and folding needs no table.
    private const char FirstMark = '\u0300';
    private const char NonJoiner = '\u200C';
    private const char Joiner = '\u200D';

    /// <summary>Says whether a word may begin with a character: a letter or a decimal digit.</summary>
    public static bool Begins(Rune rune) => Rune.IsLetterOrDigit(rune);

    /// <summary>Says whether a word goes on with a character: also a combining mark, or a joiner.</summary>
    public static bool Continues(Rune rune) => Begins(rune) || Clings(rune);

    /// <summary>Says whether a character belongs to a word only if the one before it does.</summary>
    public static bool Clings(Rune rune) =>
        rune.Value >= FirstMark
        && (
            rune.Value is NonJoiner or Joiner
            || Rune.GetUnicodeCategory(rune)
                is UnicodeCategory.NonSpacingMark
                    or UnicodeCategory.SpacingCombiningMark
                    or UnicodeCategory.EnclosingMark
        );

    /// <summary>Returns the one spelling of a word: composed (Unicode's normalization form C), in lower case, without joiners at its end.</summary>
    /// <remarks>The tables are the library's, not the system's: silos with and without ICU, or with another version of it, agree.</remarks>
    public static string Fold(string written)
    {
        ReadOnlySpan<char> word = written.AsSpan().TrimEnd([NonJoiner, Joiner]);
        if (!word.ContainsAnyInRange(FirstMark, char.MaxValue))
            return LowerCase(word);

        // Case is folded by the letter, which a composed one may have otherwise than its parts.
        return ENSNormalize.NF.NFC(LowerCase(ENSNormalize.NF.NFC(word.ToString())));
    }

    /// <summary>Counts the letters and digits of a word.</summary>
    public static int LengthOf(string word)
    {
        int length = 0;
        foreach (Rune rune in word.EnumerateRunes())
            length += Begins(rune) ? 1 : 0;
        return length;
    }

    private static string LowerCase(ReadOnlySpan<char> word)
    {
        StringBuilder lower = new(word.Length);
        foreach (Rune rune in word.EnumerateRunes())
            lower.Append(Rune.ToLowerInvariant(Rune.ToUpperInvariant(rune)).ToString());
        return lower.ToString();
    }
}
