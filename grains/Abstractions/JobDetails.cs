using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace OrleansWork;

/// <summary>One job whole: its status with its input and result, and how it ran. What is not known is null.</summary>
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

    /// <summary>Gets what each silo did, and how.</summary>
    [JsonPropertyOrder(20)]
    public new IReadOnlyList<SiloShareDetails> Silos
    {
        get => base.Silos as IReadOnlyList<SiloShareDetails> ?? [.. base.Silos.Select(Known)];
        init => base.Silos = value;
    }

    /// <summary>Gets the SHA-256 of the input as it is stored, in hexadecimal: jobs of one kind and version with the same one have the same input.</summary>
    [JsonPropertyOrder(23)]
    public string? InputHash { get; init; }

    /// <summary>Gets the SHA-256 of the result as it is stored, in hexadecimal; null until there is one, and for map kinds, whose results are kept one by one.</summary>
    [JsonPropertyOrder(24)]
    public string? ResultHash { get; init; }

    /// <summary>Gets how long its leases ran, those of earlier coordinators left out.</summary>
    [JsonPropertyOrder(28)]
    public LeaseSeconds? LeaseSeconds { get; init; }

    /// <summary>
    /// Gets how long the work that is committed takes at least on the slots the job had, in seconds: what they worked for units that count, each second
    /// weighted by its silo's speed, divided by the slots, each weighted by its silo's speed and by the part of the time that it was there; but no less than
    /// the longest lease. Slots that other jobs had count as if this one had had them. It has no bound on the splitting of units.
    /// </summary>
    [JsonPropertyOrder(25)]
    public double? LowerBoundSeconds { get; init; }

    /// <summary>
    /// Gets how long the last round took or takes, in seconds: from the moment since when no unit has waited for a slot, as all of them were done or with a
    /// silo, until the end or until now. Null while units wait, and for a job that has failed or been canceled.
    /// </summary>
    [JsonPropertyOrder(26)]
    public double? LastRoundSeconds { get; init; }

    /// <summary>Gets how unevenly the slots were used: the coefficient of variation of the seconds that each worked for the job, 0 when all worked equally long.</summary>
    [JsonPropertyOrder(27)]
    public double? Balance { get; init; }

    private static SiloShareDetails Known(SiloShare share) =>
        share as SiloShareDetails ?? new SiloShareDetails(share.Silo, share.Units, share.Leases, share.BusySeconds);
}
