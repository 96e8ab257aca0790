namespace OrleansWork;

/// <summary>Finds what someone may have meant by a word that is not known.</summary>
internal static class Suggestions
{
    /// <summary>Returns the candidate nearest to a word, or null when none is near.</summary>
    /// <param name="word">What was written.</param>
    /// <param name="candidates">What could have been; the first of equally near ones wins.</param>
    /// <returns>
    /// A candidate within one edit for each three letters (insertion, deletion, substitution or swap of neighbours; case does not count),
    /// or one that the word begins.
    /// </returns>
    public static string? Nearest(string word, IEnumerable<string> candidates)
    {
        ArgumentNullException.ThrowIfNull(word);
        ArgumentNullException.ThrowIfNull(candidates);
        string? nearest = null;
        int nearestDistance = int.MaxValue;
        foreach (string candidate in candidates)
        {
            int allowed = Math.Max(1, Math.Max(word.Length, candidate.Length) / 3);
            int distance =
                Math.Abs(word.Length - candidate.Length) > allowed
                    ? int.MaxValue
                    : Distance(word.ToUpperInvariant(), candidate.ToUpperInvariant());
            if (distance > allowed)
            {
                // The beginning of a word is what people type first: nearer than nothing, farther than any misspelling.
                distance =
                    word.Length >= 2 && candidate.StartsWith(word, StringComparison.OrdinalIgnoreCase)
                        ? 1000 + candidate.Length
                        : int.MaxValue;
            }

            if (distance < nearestDistance)
                (nearest, nearestDistance) = (candidate, distance);
        }

        return nearest;
    }

    /// <summary>Returns <c>; did you mean X?</c>, or an empty string when no candidate is near.</summary>
    internal static string Phrase(string word, IEnumerable<string> candidates) =>
        Nearest(word, candidates) is { } nearest ? $"; did you mean {nearest}?" : "";

    /// <summary>The optimal string alignment distance: Levenshtein's with the swap of two neighbours as one edit.</summary>
    private static int Distance(string left, string right)
    {
        int[] beforeLast = new int[right.Length + 1];
        int[] last = new int[right.Length + 1];
        int[] current = new int[right.Length + 1];
        for (int j = 0; j <= right.Length; j++)
            last[j] = j;
        for (int i = 1; i <= left.Length; i++)
        {
            current[0] = i;
            for (int j = 1; j <= right.Length; j++)
            {
                int cost = left[i - 1] == right[j - 1] ? 0 : 1;
                current[j] = Math.Min(Math.Min(last[j] + 1, current[j - 1] + 1), last[j - 1] + cost);
                if (i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1])
                    current[j] = Math.Min(current[j], beforeLast[j - 2] + 1);
            }

            (beforeLast, last, current) = (last, current, beforeLast);
        }

        return last[right.Length];
    }
}
