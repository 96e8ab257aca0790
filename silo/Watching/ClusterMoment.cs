using System.Text.Json;

namespace OrleansWork.Silo.Watching;

/// <summary>Something of a cluster that has changed.</summary>
/// <param name="version">Counted over all changes.</param>
/// <param name="document">A <see cref="ClusterStatus"/>, <see cref="JobSummary"/> or <see cref="SiloStatus"/>.</param>
internal sealed class ClusterMoment(long version, object document)
{
    private string? _json;

    /// <summary>Gets its number among all changes.</summary>
    public long Version => version;

    /// <summary>Gets what it is now.</summary>
    public object Document => document;

    /// <summary>Gets the same as text: made once, however many watch.</summary>
    public string Json => _json ??= JsonSerializer.Serialize(document, document.GetType(), OrleansWorkJson.Documents);
}
