using System.Numerics;
using System.Text.Json;

namespace OrleansWork.Checks;

/// <summary>Shows and compares partials by their JSON, where they have one.</summary>
internal static class PartialJson<TPartial>
{
    // A sum of a few terms is rounded by some 1e-16 of the largest; a wrong grouping is off by far more.
    private const double RelativeTolerance = 1e-9;

    private static readonly bool MayRound =
        typeof(TPartial) != typeof(byte[])
        && typeof(TPartial) != typeof(UnitResultBatch)
        && typeof(TPartial) != typeof(BigInteger)
        && !typeof(TPartial)
            .GetInterfaces()
            .Any(shape => shape.IsGenericType && shape.GetGenericTypeDefinition() == typeof(IBinaryInteger<>));

    /// <summary>Returns whether two partials differ by no more than the rounding of floating-point numbers.</summary>
    public static bool AreNear(PayloadCodec<TPartial> codec, byte[] left, byte[] right, byte[][] operands)
    {
        if (!MayRound || Write(codec, left) is not { } leftJson || Write(codec, right) is not { } rightJson)
            return false;
        double magnitude = operands.Append(left).Append(right).Select(bytes => JsonDifference.Magnitude(Write(codec, bytes))).Max();
        return JsonDifference.Find(leftJson, rightJson, magnitude * RelativeTolerance) is null;
    }

    /// <summary>Says which member of two partials differs first, and how; null when they have no members, or none that differs.</summary>
    public static string? MemberThatDiffers(PayloadCodec<TPartial> codec, byte[] left, byte[] right)
    {
        if (Write(codec, left) is not [(byte)'{' or (byte)'[', ..] leftJson || Write(codec, right) is not { } rightJson)
            return null;
        return JsonDifference.Find(leftJson, rightJson);
    }

    public static string Show(PayloadCodec<TPartial> codec, byte[] bytes) =>
        typeof(TPartial) == typeof(byte[]) ? Text.OfBytes(bytes)
        : Write(codec, bytes) is { } json ? Text.Of(json)
        : Text.OfBytes(bytes);

    private static byte[]? Write(PayloadCodec<TPartial> codec, byte[] bytes)
    {
        try
        {
            TPartial partial = codec.Decode(bytes);
            return partial is UnitResultBatch batch
                ? [.. "["u8, .. batch.Entries.SelectMany((entry, i) => (byte[])[.. i == 0 ? ""u8 : ","u8, .. entry.Json.Span]), .. "]"u8]
                : JsonSerializer.SerializeToUtf8Bytes(partial, OrleansWorkJson.Payloads);
        }
        catch (Exception exception)
            when (exception is NotSupportedException or JsonException or FormatException or InvalidOperationException)
        {
            return null;
        }
    }
}
