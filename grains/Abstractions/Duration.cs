using System.Globalization;

namespace OrleansWork;

/// <summary>Durations as users write and read them: <c>50ms</c>, <c>30s</c>, <c>2h</c>.</summary>
public static class Duration
{
    private const decimal LongestTicks = 10_000m * TimeSpan.TicksPerDay;

    // In the order in which a suffix is looked for: "ms" and "us" end in "s".
    private static readonly (string Suffix, long Ticks)[] Units =
    [
        ("ms", TimeSpan.TicksPerMillisecond),
        ("us", TimeSpan.TicksPerMicrosecond),
        ("s", TimeSpan.TicksPerSecond),
        ("m", TimeSpan.TicksPerMinute),
        ("h", TimeSpan.TicksPerHour),
        ("d", TimeSpan.TicksPerDay),
    ];

    private static readonly (string Suffix, long Ticks)[] LargestFirst = [.. Units.OrderByDescending(unit => unit.Ticks)];

    /// <summary>Reads a number followed by us, ms, s, m, h or d, to the nearest 100 ns.</summary>
    /// <returns>Whether <paramref name="text"/> is a duration of at most 10,000 days.</returns>
    public static bool TryParse(string? text, out TimeSpan duration) => TryParseUpTo(LongestTicks, text, out duration);

    /// <summary>Reads any <see cref="TimeSpan"/>, negative ones with a minus sign first, as <see cref="Format"/> writes it.</summary>
    internal static bool TryParseAny(string? text, out TimeSpan duration)
    {
        bool isNegative = text?.StartsWith('-') ?? false;
        bool isRead = TryParseTicks(isNegative ? text![1..] : text, -(decimal)long.MinValue, out decimal ticks);
        ticks = isNegative ? -ticks : ticks;
        isRead &= ticks <= long.MaxValue;
        duration = isRead ? new TimeSpan((long)ticks) : default;
        return isRead;
    }

    private static bool TryParseUpTo(decimal longestTicks, string? text, out TimeSpan duration)
    {
        bool isRead = TryParseTicks(text, longestTicks, out decimal ticks);
        duration = isRead ? new TimeSpan((long)ticks) : default;
        return isRead;
    }

    private static bool TryParseTicks(string? text, decimal longestTicks, out decimal result)
    {
        result = 0;
        if (string.IsNullOrWhiteSpace(text))
            return false;
        foreach ((string suffix, long ticks) in Units)
        {
            if (!text.EndsWith(suffix, StringComparison.Ordinal))
                continue;
            ReadOnlySpan<char> number = text.AsSpan(0, text.Length - suffix.Length);
            if (
                !decimal.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal value)
                || value > longestTicks / ticks
            )
            {
                return false;
            }

            result = decimal.Round(value * ticks);
            return true;
        }

        return false;
    }

    /// <summary>Writes a duration in the largest unit that needs no fraction; what is finer than a microsecond becomes its fraction.</summary>
    /// <returns>What <see cref="TryParse"/> reads back as the same duration, up to 10,000 days; a negative one with a minus sign.</returns>
    public static string Format(TimeSpan duration)
    {
        if (duration == TimeSpan.Zero)
            return "0s";
        foreach ((string suffix, long ticks) in LargestFirst)
        {
            if (duration.Ticks % ticks == 0)
                return string.Create(CultureInfo.InvariantCulture, $"{duration.Ticks / ticks}{suffix}");
        }

        return string.Create(CultureInfo.InvariantCulture, $"{duration.Ticks / (decimal)TimeSpan.TicksPerMicrosecond}us");
    }
}
