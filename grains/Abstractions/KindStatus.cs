using System.Text.Json;

namespace OrleansWork;

/// <summary>One job kind as lists and scripts see it.</summary>
/// <param name="Kind">Its name.</param>
/// <param name="Version">Its highest version in the cluster.</param>
/// <param name="Description">One sentence.</param>
/// <param name="InputSchema">JSON schema of its input, with defaults.</param>
/// <param name="Silos">How many silos can run it.</param>
public sealed record KindStatus(string Kind, int Version, string Description, JsonElement InputSchema, int Silos)
{
    /// <summary>Gets whether the results of its units are kept one by one, and can be read while the job runs.</summary>
    public bool IsMap { get; init; }
}
