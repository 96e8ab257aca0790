using System.Text.Json;

namespace OrleansWork;

/// <summary>Says in words what a change of options has changed.</summary>
internal static class OptionWords
{
    /// <summary>Returns each option that differs with its new value, such as <c>placement → random, chunkUnits → none</c>; empty when none does.</summary>
    public static string Of(JobOptions before, JobOptions after)
    {
        JsonElement old = JsonSerializer.SerializeToElement(before, OrleansWorkJson.Documents);
        JsonElement now = JsonSerializer.SerializeToElement(after, OrleansWorkJson.Documents);
        return string.Join(
            ", ",
            now.EnumerateObject()
                .Where(option => !JsonElement.DeepEquals(option.Value, old.GetProperty(option.Name)))
                .Select(option => $"{option.Name} → {Word(option.Value)}")
        );
    }

    private static string Word(JsonElement value) =>
        value.ValueKind switch
        {
            JsonValueKind.Null => "none",
            JsonValueKind.String => value.GetString()!,
            _ => value.GetRawText(),
        };
}
