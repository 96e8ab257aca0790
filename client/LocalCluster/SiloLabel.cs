using System.Globalization;

namespace OrleansWork.Console.LocalCluster;

/// <summary>A label for one silo of a local cluster, or for all.</summary>
/// <param name="Silo">The silo's number, counted from 1; null for all.</param>
/// <param name="Name">The name that jobs may require.</param>
/// <param name="Value">The value; empty when there is none.</param>
internal sealed record SiloLabel(int? Silo, string Name, string Value)
{
    /// <summary>Reads <c>2:name=value</c>, <c>name=value</c>, <c>2:name</c> or <c>name</c>.</summary>
    /// <returns>Whether <paramref name="text"/> is a label.</returns>
    public static bool TryParse(string text, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out SiloLabel? label)
    {
        label = null;
        int? silo = null;
        string rest = text;
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon >= 0 && (text.IndexOf('=', StringComparison.Ordinal) is var first && (first < 0 || colon < first)))
        {
            if (text[..colon] != "*")
            {
                if (!int.TryParse(text[..colon], NumberStyles.None, CultureInfo.InvariantCulture, out int number) || number < 1)
                    return false;
                silo = number;
            }

            rest = text[(colon + 1)..];
        }

        string[] parts = rest.Split('=', 2, StringSplitOptions.TrimEntries);
        if (parts[0].Length is 0 or > 64 || !parts[0].All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-'))
            return false;
        label = new SiloLabel(silo, parts[0], parts.Length == 2 ? parts[1] : "");
        return true;
    }

    /// <inheritdoc/>
    public override string ToString() => (Silo is null ? "" : $"{Silo}:") + (Value.Length == 0 ? Name : $"{Name}={Value}");
}
