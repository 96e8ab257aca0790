namespace OrleansWork;

/// <summary>A request that was not carried out, and why.</summary>
public class OrleansWorkException : Exception
{
    /// <summary>Makes one with its reason and what to do.</summary>
    public OrleansWorkException(
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
}
