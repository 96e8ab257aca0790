namespace OrleansWork;

/// <summary>Why a job failed.</summary>
/// <param name="Type">The exception's type name, or a short name of the cause.</param>
/// <param name="Message">What happened and what to do.</param>
/// <param name="Unit">The unit that failed, or null.</param>
/// <param name="Silo">The silo it failed on, or null.</param>
public sealed record JobError(string Type, string Message, long? Unit = null, string? Silo = null)
{
    /// <summary>Gets where in the author's code it was thrown, at most 8 KB; null when no exception stands behind it.</summary>
    public string? Stack { get; init; }
}
