using System.Text.Json;
using OrleansWork.Checks;

namespace OrleansWork.Values;

internal static class CrossingCheck
{
    /// <summary>How many values there are from one that is looked at to the next.</summary>
    public const int DefaultInterval = 1024;
}

/// <summary>Looks whether values come back as they were, for what no walk over types can see: the first ones of a job, and a sample of the rest.</summary>
/// <remarks>Safe for many threads; a value more or less is looked at then.</remarks>
/// <param name="codec">Carries the values.</param>
/// <param name="interval">How many values there are from one that is looked at to the next; 0 looks at none.</param>
internal sealed class CrossingCheck<T>(PayloadCodec<T> codec, int interval = CrossingCheck.DefaultInterval)
{
    private const int First = 3;
    private const int MaxCauseBytes = 4096;

    private readonly bool _isNeeded = interval > 0 && codec is not (RawCodec<T> or BytesCodec or UnitResultBatchCodec);

    // A result is JSON and nothing else.
    private readonly Counts _counts = codec is ResultCodec<T> ? Counts.Nothing : Counts.Comparers | Counts.Sharing;
    private int _count;

    /// <summary>Counts a value.</summary>
    /// <returns>Whether it is one to <see cref="Look"/> at.</returns>
    public bool IsDue()
    {
        if (!_isNeeded)
            return false;
        int count = _count++;
        return count < First || count % interval == 0;
    }

    /// <summary>Reads back the bytes of a value, writes them again, and compares both with what there was.</summary>
    /// <param name="value">The value, as it is since the codec made bytes of it.</param>
    /// <param name="bytes">What the codec made of the value.</param>
    /// <param name="what">Names the value in the message: "Item 7".</param>
    /// <exception cref="ValueChangedException">It does not come back as it was.</exception>
    public void Look(T value, byte[] bytes, string what)
    {
        if (Difference(value, bytes) is { } difference)
            throw new ValueChangedException(what, difference);
    }

    private string? Difference(T value, byte[] bytes)
    {
        byte[] again;
        string? changed;
        try
        {
            T read = codec.Decode(bytes);

            // Before it is written again, which may change it: a getter that makes what it returns.
            changed = ValueDifference.Find(value, read, _counts);
            again = codec.Encode(read);
        }
        catch (Exception exception)
        {
            return $"there is {exception.GetType().Name} ({Causes.Message(exception, MaxCauseBytes)})";
        }

        if (bytes.AsSpan().SequenceEqual(again))
            return changed;
        if (codec is not (JsonCodec<T> or ResultCodec<T>))
            return $"it is {Text.OfBytes(bytes)}, and {Text.OfBytes(again)}";
        try
        {
            return JsonDifference.Find(CrossingScope.JsonOf(bytes), CrossingScope.JsonOf(again));
        }
        catch (JsonException)
        {
            // A converter wrote what is no JSON.
            return $"it is {Text.Of(bytes)}, and {Text.Of(again)}";
        }
    }
}
