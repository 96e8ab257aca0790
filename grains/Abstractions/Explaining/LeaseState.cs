using System.Text.Json.Serialization;

namespace OrleansWork;

/// <summary>Where a lease stands, or how it ended.</summary>
[JsonConverter(typeof(WordConverter<LeaseState>))]
public enum LeaseState
{
    /// <summary>It is in flight.</summary>
    Running,

    /// <summary>All of its units were committed.</summary>
    Committed,

    /// <summary>It handed units back: its time was up, or it was asked to.</summary>
    Yielded,

    /// <summary>A unit of it failed.</summary>
    Failed,

    /// <summary>Its silo died or fell silent, or had lost the result.</summary>
    Lost,

    /// <summary>Somebody else committed its units first.</summary>
    Overtaken,

    /// <summary>The job ended before it.</summary>
    Canceled,

    /// <summary>The silo did not take it.</summary>
    Refused,
}
