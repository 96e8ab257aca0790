using System.Globalization;
using System.Text.Json;

namespace OrleansWork.Checks;

/// <summary>Finds the first place where two JSON documents differ.</summary>
internal static class JsonDifference
{
    // Up to 15 digits a double holds an integer exactly: there a difference is no rounding.
    private const int ExactDigits = 15;

    /// <summary>Compares two documents; the order of fields does not count.</summary>
    /// <param name="left">UTF-8 JSON.</param>
    /// <param name="right">UTF-8 JSON.</param>
    /// <param name="tolerance">By how much numbers with a fraction may differ.</param>
    /// <returns><c>PATH is X, and Y</c>, or null when there is no difference.</returns>
    public static string? Find(ReadOnlyMemory<byte> left, ReadOnlyMemory<byte> right, double tolerance = 0)
    {
        if (left.Span.SequenceEqual(right.Span))
            return null;
        using JsonDocument first = JsonDocument.Parse(left);
        using JsonDocument second = JsonDocument.Parse(right);
        return Find(first.RootElement, second.RootElement, "", tolerance);
    }

    /// <summary>Returns the largest absolute value among the numbers of a document.</summary>
    public static double Magnitude(ReadOnlyMemory<byte> json)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        return Magnitude(document.RootElement);
    }

    private static string? Find(JsonElement left, JsonElement right, string path, double tolerance)
    {
        if (left.ValueKind != right.ValueKind)
            return Say(left, right, path);
        switch (left.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (JsonProperty field in left.EnumerateObject())
                {
                    string fieldPath = path.Length == 0 ? field.Name : $"{path}.{field.Name}";
                    if (!right.TryGetProperty(field.Name, out JsonElement other))
                        return $"{fieldPath} is {Text.Of(field.Value.GetRawText())}, and missing";
                    if (Find(field.Value, other, fieldPath, tolerance) is { } difference)
                        return difference;
                }

                return right
                    .EnumerateObject()
                    .Where(field => !left.TryGetProperty(field.Name, out _))
                    .Select(field =>
                        $"{(path.Length == 0 ? "" : $"{path}.")}{field.Name} is missing, and {Text.Of(field.Value.GetRawText())}"
                    )
                    .FirstOrDefault();
            case JsonValueKind.Array when left.GetArrayLength() != right.GetArrayLength():
                return $"{Name(path)} has {left.GetArrayLength()} entries, and {right.GetArrayLength()}";
            case JsonValueKind.Array:
                return left.EnumerateArray()
                    .Zip(right.EnumerateArray())
                    .Select((pair, index) => Find(pair.First, pair.Second, $"{path}[{index}]", tolerance))
                    .FirstOrDefault(difference => difference is not null);
            case JsonValueKind.Number:
                return AreNear(left.GetRawText(), right.GetRawText(), tolerance) ? null : Say(left, right, path);
            default:
                return JsonElement.DeepEquals(left, right) ? null : Say(left, right, path);
        }
    }

    private static bool AreNear(string left, string right, double tolerance)
    {
        if (string.Equals(left, right, StringComparison.Ordinal))
            return true;
        if (tolerance == 0 || (IsShortInteger(left) && IsShortInteger(right)))
            return false;
        double difference = double.Parse(left, CultureInfo.InvariantCulture) - double.Parse(right, CultureInfo.InvariantCulture);
        return Math.Abs(difference) <= tolerance;
    }

    private static bool IsShortInteger(string number) => number.Length <= ExactDigits && number.AsSpan().IndexOfAny(".eE") < 0;

    private static double Magnitude(JsonElement element) =>
        element.ValueKind switch
        {
            JsonValueKind.Number => Math.Abs(element.GetDouble()),
            JsonValueKind.Array => element.EnumerateArray().Select(Magnitude).DefaultIfEmpty().Max(),
            JsonValueKind.Object => element.EnumerateObject().Select(field => Magnitude(field.Value)).DefaultIfEmpty().Max(),
            _ => 0,
        };

    private static string Say(JsonElement left, JsonElement right, string path) =>
        $"{Name(path)} is {Text.Of(left.GetRawText())}, and {Text.Of(right.GetRawText())}";

    private static string Name(string path) => path.Length == 0 ? "it" : path;
}
