namespace OrleansWork.Scheduling.Coordination;

/// <summary>Why a job failed.</summary>
internal sealed record JobFailure(string Type, string Message, long? Unit, string? Silo)
{
    /// <summary>Gets where it was thrown, or null.</summary>
    public string? Stack { get; init; }

    /// <summary>Gets whether it is the kind that fails, and fails the same way as long as its code is the same: combining, finishing, values that change.</summary>
    public bool IsOfKind { get; init; }
}
