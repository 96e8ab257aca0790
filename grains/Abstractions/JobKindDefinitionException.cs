using OrleansWork.Values;

namespace OrleansWork;

/// <summary>A class that is meant to be a job kind and cannot be one, or services that it cannot be made of.</summary>
/// <param name="message">What is wrong and what to do.</param>
/// <param name="innerException">What user code threw, or null.</param>
public sealed class JobKindDefinitionException(string message, Exception? innerException = null)
    : OrleansWorkException(message, innerException)
{
    /// <summary>Gets the class that is wrong; null when it is no single one.</summary>
    public Type? Class { get; init; }
}
