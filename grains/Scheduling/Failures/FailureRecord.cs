namespace OrleansWork.Scheduling.Failures;

/// <summary>An exception of user code as plain text: from the silo where it was thrown to the person who reads it.</summary>
/// <param name="Unit">The unit that failed; null for work that belongs to no unit.</param>
/// <param name="Type">The exception's type name.</param>
/// <param name="Message">What it says, with its causes; bounded.</param>
/// <param name="Stack">Where it was thrown, bounded, or null.</param>
/// <param name="Permanent">Whether no second attempt can help.</param>
internal sealed record FailureRecord(long? Unit, string Type, string Message, string? Stack, bool Permanent)
{
    /// <summary>Gets whether nothing that the job computes can be trusted: it fails, also where failed units are skipped.</summary>
    public bool FailsJob { get; init; }
}
