using System.Text.Json;

namespace OrleansWork.Console.LocalCluster;

/// <summary>What a silo says of itself once it can work: the JSON of its line <c>ready {…}</c>.</summary>
internal sealed record SiloReady(string Silo, string Gateway, string Http, int Pid)
{
    private const string Prefix = "ready {";

    /// <summary>Reads a line of a silo's output.</summary>
    /// <returns>Null when it is another line.</returns>
    public static SiloReady? TryParse(string line)
    {
        if (!line.StartsWith(Prefix, StringComparison.Ordinal))
            return null;
        try
        {
            return JsonSerializer.Deserialize(line.AsSpan(Prefix.Length - 1), LineJson.Default.SiloReady);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
