namespace OrleansWork.Values;

/// <summary>Looks whether the input that a caller gives is the one that silos work with: inputs are JSON, comparers are no part of it.</summary>
internal static class InputCrossing
{
    /// <summary>Compares an input with what silos make of its JSON.</summary>
    /// <returns>What changes on the way; null when nothing does.</returns>
    public static InputProblem? Problem<T>(T given, T read) =>
        ValueDifference.Find(given, read, Counts.Comparers) is { } difference
            ? new(
                "",
                $"The input does not come back as it was: {difference} when read back. Silos would work with another input. "
                    + "Let the input's constructor make what JSON does not carry, or mark what is no part of it [JsonIgnore]."
            )
            : null;

    /// <inheritdoc cref="Problem{T}(T, T)"/>
    /// <param name="given">The input.</param>
    /// <param name="json">Its JSON; where it cannot be read here, silos say why.</param>
    public static InputProblem? Problem<T>(T given, byte[] json)
    {
        try
        {
            return KindInput.Read<T>(json) is { Problems.Count: 0, Value: { } read } ? Problem(given, read) : null;
        }
        catch (NotSupportedException)
        {
            // A type that the caller only writes.
            return null;
        }
    }
}
