namespace OrleansWork;

/// <summary>A request that was not carried out: either refused (<see cref="RequestRefusedException"/>) or not answered
/// (<see cref="ClusterUnreachableException"/>).</summary>
public abstract class RequestException : OrleansWorkException
{
    private protected RequestException(
        ErrorReason reason,
        string message,
        IReadOnlyList<InputProblem>? problems = null,
        Exception? innerException = null
    )
        : base(message, innerException)
    {
        Reason = reason;
        Problems = problems ?? [];
    }

    /// <summary>Gets why.</summary>
    public ErrorReason Reason { get; }

    /// <summary>Gets the fields that are wrong, when the reason is <see cref="ErrorReason.WrongInput"/>.</summary>
    public IReadOnlyList<InputProblem> Problems { get; }

    /// <summary>Makes the exception that belongs to a reason.</summary>
    /// <param name="reason">Why.</param>
    /// <param name="message">What happened and what to do.</param>
    /// <param name="problems">The fields that are wrong, or null.</param>
    /// <param name="innerException">What caused it, or null.</param>
    public static RequestException Of(
        ErrorReason reason,
        string message,
        IReadOnlyList<InputProblem>? problems = null,
        Exception? innerException = null
    ) =>
        reason == ErrorReason.Unavailable
            ? new ClusterUnreachableException(message, innerException)
            : new RequestRefusedException(reason, message, problems, innerException);
}
