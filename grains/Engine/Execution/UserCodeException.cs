using OrleansWork.Scheduling.Failures;

namespace OrleansWork.Engine.Execution;

/// <summary>User code threw: its failure as plain text, so that no foreign exception crosses the wire.</summary>
internal sealed class UserCodeException(FailureRecord failure) : Exception(failure.Message)
{
    /// <summary>Gets what it threw.</summary>
    public FailureRecord Failure { get; } = failure;

    /// <summary>Gets whether it said that it was cancelled.</summary>
    public bool IsCancellation { get; init; }
}
