namespace OrleansWork;

/// <summary>The root of what OrleansWork throws: <see cref="JobEndedException"/> for jobs without a result, <see cref="RequestException"/> for requests that
/// were not carried out, and what is wrong with a job kind. The message says what happened and what to do.</summary>
public abstract class OrleansWorkException : Exception
{
    private protected OrleansWorkException(string message, Exception? innerException = null)
        : base(message, innerException) { }
}
