namespace OrleansWork;

/// <summary>Thrown by a unit whose failure no second attempt can mend: it is not retried.</summary>
public class PermanentFailureException : OrleansWorkException
{
    /// <summary>Makes one with what happened and what to do about it.</summary>
    public PermanentFailureException(string message)
        : base(message) { }

    /// <summary>Makes one with what happened and its cause.</summary>
    public PermanentFailureException(string message, Exception innerException)
        : base(message, innerException) { }
}
