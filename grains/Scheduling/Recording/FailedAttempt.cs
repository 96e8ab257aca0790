namespace OrleansWork.Scheduling.Recording;

/// <summary>An attempt at a unit that failed.</summary>
/// <param name="At">When the coordinator heard of it.</param>
/// <param name="Unit">The unit.</param>
/// <param name="Attempt">Which attempt it was, from 1.</param>
/// <param name="Epoch">The epoch of its lease.</param>
/// <param name="Lease">The number of its lease in that epoch.</param>
/// <param name="Silo">The silo's address.</param>
/// <param name="Type">The exception's type name.</param>
/// <param name="Message">What it says, cut to <see cref="MostChars"/>.</param>
/// <param name="Again">When the unit may be tried again; null when it is given up.</param>
internal sealed record FailedAttempt(
    TimeSpan At,
    long Unit,
    int Attempt,
    int Epoch,
    long Lease,
    string Silo,
    string Type,
    string Message,
    TimeSpan? Again
)
{
    /// <summary>How much of a message is kept.</summary>
    public const int MostChars = 200;
}
