using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace OrleansWork;

/// <summary>Durations as users write and read them: <c>50ms</c>, <c>30s</c>, <c>2h</c>.</summary>
public static class Duration
{
    private static readonly (string Suffix, double Ticks)[] Units =
    [
        ("ms", TimeSpan.TicksPerMillisecond),
        ("us", TimeSpan.TicksPerMicrosecond),
        ("s", TimeSpan.TicksPerSecond),
        ("m", TimeSpan.TicksPerMinute),
        ("h", TimeSpan.TicksPerHour),
        ("d", TimeSpan.TicksPerDay),
    ];

    /// <summary>Reads a number followed by us, ms, s, m, h or d.</summary>
    /// <returns>Whether <paramref name="text"/> is a duration of at most 10,000 days.</returns>
    public static bool TryParse(string? text, out TimeSpan duration)
    {
        duration = default;
        if (string.IsNullOrWhiteSpace(text))
            return false;
        foreach ((string suffix, double ticks) in Units)
        {
            if (
                text.EndsWith(suffix, StringComparison.Ordinal)
                && double.TryParse(
                    text.AsSpan(0, text.Length - suffix.Length),
                    NumberStyles.AllowDecimalPoint,
                    CultureInfo.InvariantCulture,
                    out double value
                )
            )
            {
                double total = Math.Round(value * ticks);
                if (total > 10_000.0 * TimeSpan.TicksPerDay)
                    return false;
                duration = TimeSpan.FromTicks((long)total);
                return true;
            }
        }

        return false;
    }

    /// <summary>Writes a duration in the largest unit that needs no fraction.</summary>
    public static string Format(TimeSpan duration)
    {
        (string Suffix, double Ticks)[] largestFirst = [Units[5], Units[4], Units[3], Units[2], Units[0]];
        foreach ((string suffix, double ticks) in largestFirst)
        {
            if (duration.Ticks != 0 && duration.Ticks % (long)ticks == 0)
                return string.Create(CultureInfo.InvariantCulture, $"{duration.Ticks / (long)ticks}{suffix}");
        }

        return duration == TimeSpan.Zero
            ? "0s"
            : string.Create(CultureInfo.InvariantCulture, $"{duration.Ticks / (double)TimeSpan.TicksPerMicrosecond}us");
    }
}

internal sealed class DurationConverter : JsonConverter<TimeSpan>
{
    public override TimeSpan Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && Duration.TryParse(reader.GetString(), out TimeSpan value)
            ? value
            : throw new JsonException("A duration is a string such as \"50ms\", \"30s\" or \"2h\".");

    public override void Write(Utf8JsonWriter writer, TimeSpan value, JsonSerializerOptions options) =>
        writer.WriteStringValue(Duration.Format(value));
}
