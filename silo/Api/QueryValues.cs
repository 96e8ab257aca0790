using System.Globalization;
using System.Text.Json;

namespace OrleansWork.Silo.Api;

/// <summary>Reads what a request's query says, and names what is wrong with it.</summary>
internal static class QueryValues
{
    private const double LongestStep = 366 * 86_400;
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(5);

    /// <summary>Reads a whole number.</summary>
    /// <exception cref="RequestRefusedException">It is none from <paramref name="least"/> to <paramref name="most"/>.</exception>
    public static long? Whole(string name, string? text, long least, long most)
    {
        if (string.IsNullOrEmpty(text))
            return null;
        return
            long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value)
            && value >= least
            && value <= most
            ? value
            : throw Problems.Wrong(
                name,
                string.Create(CultureInfo.InvariantCulture, $"{name} is '{Shown(text)}'; it must be an integer from {least} to {most}.")
            );
    }

    /// <summary>Reads a number of seconds, up to a year.</summary>
    /// <exception cref="RequestRefusedException">It is none.</exception>
    public static double? Seconds(string name, string? text)
    {
        if (string.IsNullOrEmpty(text))
            return null;
        return
            double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double seconds)
            && seconds > 0
            && seconds <= LongestStep
            ? seconds
            : throw Problems.Wrong(
                name,
                $"{name} is '{Shown(text)}'; it must be a number of seconds above 0, at most {LongestStep:0}, such as 0.5 (without an exponent)."
            );
    }

    /// <summary>Reads true or false; what is missing is false.</summary>
    /// <exception cref="RequestRefusedException">It is neither.</exception>
    public static bool Flag(string name, string? text) =>
        text switch
        {
            null or "false" => false,
            "" or "true" => true,
            _ => throw Problems.Wrong(name, $"{name} is '{Shown(text)}'; it must be true or false."),
        };

    /// <summary>Reads the word of an enumeration.</summary>
    /// <exception cref="RequestRefusedException">It is none.</exception>
    public static T? Word<T>(string name, string? text)
        where T : struct, Enum
    {
        if (string.IsNullOrEmpty(text))
            return null;
        string[] words = [.. Enum.GetValues<T>().Select(WordOf)];
        int found = Array.IndexOf(words, text);
        return found >= 0
            ? Enum.GetValues<T>()[found]
            : throw Problems.Wrong(name, $"{name} is '{Shown(text)}'; it must be one of {string.Join(", ", words)}.");
    }

    /// <summary>Reads how long to wait for something new, up to 5 s; what is missing is not at all.</summary>
    /// <exception cref="RequestRefusedException">It is no duration.</exception>
    public static TimeSpan Wait(string name, string? text)
    {
        if (string.IsNullOrEmpty(text))
            return TimeSpan.Zero;
        return Duration.TryParse(text, out TimeSpan wait)
            ? (wait < LongestWait ? wait : LongestWait)
            : throw Problems.Wrong(name, $"{name} is '{Shown(text)}'; it must be a duration such as 2s.");
    }

    /// <summary>Reads a moment.</summary>
    /// <exception cref="RequestRefusedException">It is none in ISO 8601.</exception>
    public static DateTimeOffset? Moment(string name, string? text)
    {
        if (string.IsNullOrEmpty(text))
            return null;
        return DateTimeOffset.TryParse(
            text,
            CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal,
            out DateTimeOffset moment
        )
            ? moment
            : throw Problems.Wrong(name, $"{name} is '{Shown(text)}'; it must be a time such as 2026-01-31T12:00:00Z.");
    }

    /// <summary>Returns the word by which documents say a value of an enumeration.</summary>
    public static string WordOf<T>(T value)
        where T : struct, Enum => JsonNamingPolicy.KebabCaseLower.ConvertName(value.ToString());

    private static string Shown(string text) => BoundedText.Cut(text, 64);
}
