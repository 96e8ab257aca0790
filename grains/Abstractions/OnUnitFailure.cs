using System.Text.Json.Serialization;

namespace OrleansWork;

/// <summary>What becomes of a job when a unit has failed for good.</summary>
[JsonConverter(typeof(WordConverter<OnUnitFailure>))]
public enum OnUnitFailure
{
    /// <summary>The job fails.</summary>
    Fail,

    /// <summary>The job goes on without the unit and ends with coverage below 1.</summary>
    Skip,
}
