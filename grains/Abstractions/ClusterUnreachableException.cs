namespace OrleansWork;

/// <summary>No cluster or no storage answered, within the time that the client goes on trying; its reason is <see cref="ErrorReason.Unavailable"/>.</summary>
/// <param name="message">What did not answer, and what to do.</param>
/// <param name="innerException">What failed last, or null.</param>
public sealed class ClusterUnreachableException(string message, Exception? innerException = null)
    : RequestException(ErrorReason.Unavailable, message, problems: null, innerException);
