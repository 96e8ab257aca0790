using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace OrleansWork;

/// <summary>One job whole: its status with its input and result.</summary>
public sealed record JobDetails : JobStatus
{
    /// <summary>Makes one of its parts.</summary>
    [JsonConstructor]
    public JobDetails() { }

    /// <summary>Makes one of a status and what it lacks.</summary>
    [SetsRequiredMembers]
    internal JobDetails(JobStatus status, JsonElement input, JsonElement? result)
        : base(status)
    {
        Input = input;
        Result = result;
    }

    /// <summary>Gets the input, with its defaults filled in.</summary>
    [JsonPropertyOrder(4)]
    public JsonElement Input { get; init; } = JsonElement.Parse("null");

    /// <summary>Gets the result; null until the job has succeeded, or when it is not JSON.</summary>
    [JsonPropertyOrder(6)]
    public JsonElement? Result { get; init; }
}
