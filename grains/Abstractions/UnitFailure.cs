using System.Text.Json;
using System.Text.Json.Serialization;

namespace OrleansWork;

/// <summary>A unit that failed at least once.</summary>
public sealed record UnitFailure(long Unit, int Attempts, string Type, string Message, string? Silo)
{
    /// <summary>Gets whether it is not tried again.</summary>
    [JsonIgnore]
    public bool ForGood { get; init; }
}
