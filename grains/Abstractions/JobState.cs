using System.Text.Json;
using System.Text.Json.Serialization;

namespace OrleansWork;

/// <summary>Where a job stands.</summary>
[JsonConverter(typeof(WordConverter<JobState>))]
public enum JobState
{
    /// <summary>Recorded, waiting for a place.</summary>
    Queued,

    /// <summary>Being split into units.</summary>
    Decomposing,

    /// <summary>Its units are leased to silos.</summary>
    Running,

    /// <summary>Held by a person; what was running has been handed back.</summary>
    Paused,

    /// <summary>Ended with a result.</summary>
    Succeeded,

    /// <summary>Ended with an error.</summary>
    Failed,

    /// <summary>Ended by a person.</summary>
    Canceled,
}
