namespace OrleansWork.Checks;

/// <summary>Tries whether the grouping of three neighbours changes what they come to.</summary>
internal static class Associativity
{
    /// <summary>Combines three neighbouring partials both ways.</summary>
    /// <param name="codec">The partials' codec.</param>
    /// <param name="combine">Combines two partials, as bytes.</param>
    /// <param name="neighbours">Three partials with the units that they are of.</param>
    /// <returns>A sentence with both results, or null when they are the same but for the rounding of floating-point numbers.</returns>
    public static string? Find<TPartial>(
        PayloadCodec<TPartial> codec,
        Func<byte[], byte[], byte[]> combine,
        IReadOnlyList<(string Units, byte[] Bytes)> neighbours
    )
    {
        (byte[] a, byte[] b, byte[] c) = (neighbours[0].Bytes, neighbours[1].Bytes, neighbours[2].Bytes);
        byte[] leftFirst = combine(combine(a, b), c);
        byte[] rightFirst = combine(a, combine(b, c));
        if (leftFirst.AsSpan().SequenceEqual(rightFirst) || PartialJson<TPartial>.AreNear(codec, leftFirst, rightFirst, [a, b, c]))
            return null;
        string where = PartialJson<TPartial>.MemberThatDiffers(codec, leftFirst, rightFirst) is { } difference ? $": {difference}" : "";
        return $"Combine is not associative: of units {neighbours[0].Units}, {neighbours[1].Units} and {neighbours[2].Units}, the first two combined first give "
            + $"{PartialJson<TPartial>.Show(codec, leftFirst)}, the last two combined first {PartialJson<TPartial>.Show(codec, rightFirst)}{where}. "
            + "Units are grouped by where ranges end.";
    }
}
