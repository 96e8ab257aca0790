using System.Globalization;

namespace OrleansWork.Console.Output;

/// <summary>Numbers as people read them.</summary>
internal static class Numbers
{
    private const string Unknown = "?";

    public static string Count(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    public static string Rate(double perSecond) =>
        !double.IsFinite(perSecond) ? Unknown
        : perSecond >= 10 ? string.Create(CultureInfo.InvariantCulture, $"{perSecond:N0}/s")
        : string.Create(CultureInfo.InvariantCulture, $"{perSecond:0.##}/s");

    public static string Percent(double share) =>
        double.IsFinite(share) ? string.Create(CultureInfo.InvariantCulture, $"{share * 100:0.#}%") : Unknown;

    public static string Bytes(long bytes)
    {
        string[] units = ["B", "KiB", "MiB", "GiB", "TiB"];
        double value = bytes;
        int unit = 0;
        while (value >= 1024 && unit < units.Length - 1)
        {
            value /= 1024;
            unit++;
        }

        return string.Create(CultureInfo.InvariantCulture, $"{value:0.#} {units[unit]}");
    }

    public static string Seconds(double seconds)
    {
        if (!double.IsFinite(seconds))
            return Unknown;
        if (seconds < 0.0995)
            return string.Create(CultureInfo.InvariantCulture, $"{seconds * 1000:0} ms");
        if (seconds < 99.95)
            return string.Create(CultureInfo.InvariantCulture, $"{seconds:0.0} s");
        long whole = (long)Math.Round(seconds);
        return whole switch
        {
            < 3600 => string.Create(CultureInfo.InvariantCulture, $"{whole / 60} min {whole % 60} s"),
            < 48 * 3600 => string.Create(CultureInfo.InvariantCulture, $"{whole / 3600} h {whole % 3600 / 60} min"),
            _ => string.Create(CultureInfo.InvariantCulture, $"{seconds / 86400:0.0} d"),
        };
    }

    public static string Time(DateTimeOffset? time) =>
        time?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture) ?? "";
}
