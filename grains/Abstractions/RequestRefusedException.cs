namespace OrleansWork;

/// <summary>A request that the cluster, or its client before it was sent, refused; <see cref="RequestException.Reason"/> says why.</summary>
/// <param name="reason">Why; not <see cref="ErrorReason.Unavailable"/>.</param>
/// <param name="message">What happened and what to do.</param>
/// <param name="problems">The fields that are wrong, or null.</param>
/// <param name="innerException">What caused it, or null.</param>
public sealed class RequestRefusedException(
    ErrorReason reason,
    string message,
    IReadOnlyList<InputProblem>? problems = null,
    Exception? innerException = null
)
    : RequestException(
        reason != ErrorReason.Unavailable
            ? reason
            : throw new ArgumentException("Who does not answer does not refuse: throw a ClusterUnreachableException.", nameof(reason)),
        message,
        problems,
        innerException
    );
