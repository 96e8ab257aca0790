using System.Text.Json.Serialization;

namespace OrleansWork;

/// <summary>Why a lease was granted as it was.</summary>
[JsonConverter(typeof(WordConverter<LeaseReason>))]
public enum LeaseReason
{
    /// <summary>The silo's speed was not known yet: sizes grow from one unit on.</summary>
    Probe,

    /// <summary>Half of what was left, split among all slots by their speed.</summary>
    Steady,

    /// <summary>What was left, split evenly, because units ran out.</summary>
    LastRound,

    /// <summary>The size that the job's options set.</summary>
    Fixed,

    /// <summary>One unit that had failed before.</summary>
    Retry,

    /// <summary>Units that were present when a process ended.</summary>
    Canary,

    /// <summary>A unit that another silo ran for far longer than usual.</summary>
    SecondAttempt,

    /// <summary>An earlier coordinator had granted it.</summary>
    Adopted,
}
