namespace OrleansWork.Scheduling.Failures;

/// <summary>What a silo makes of the silence around it.</summary>
internal enum Isolation
{
    /// <summary>Somebody answers, or there is nobody who could.</summary>
    None,

    /// <summary>Nobody answered for too long: the others may have given its work away. It starts no unit until somebody answers.</summary>
    Fenced,

    /// <summary>Nobody answered for twice as long: its process is to end, and nothing takes that back.</summary>
    Over,
}
