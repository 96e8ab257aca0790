namespace OrleansWork.Scheduling.Recording;

/// <summary>Why a lease was granted as it was, and with it why it has the size it has.</summary>
internal enum GrantReason : byte
{
    /// <summary>The silo's speed is not known yet: sizes grow from one unit on.</summary>
    Probe,

    /// <summary>Half of what is left, split among all slots by their speed.</summary>
    Steady,

    /// <summary>What is left, split evenly, because units run out.</summary>
    LastRound,

    /// <summary>The size that the user set.</summary>
    Fixed,

    /// <summary>One unit that failed before.</summary>
    Retry,

    /// <summary>Units that were present when a process ended.</summary>
    Canary,

    /// <summary>A unit that another silo runs for far longer than usual.</summary>
    SecondAttempt,

    /// <summary>An earlier coordinator granted it, and the silo still has it.</summary>
    Adopted,
}
