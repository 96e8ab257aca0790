using OrleansWork.Scheduling.Failures;
using OrleansWork.Values;

namespace OrleansWork.Engine.Execution;

/// <summary>Turns exceptions of user code into plain records: bounded, and safe even where the exception itself is not.</summary>
internal static class FailureRecords
{
    /// <summary>The most bytes of UTF-8 that a message or a stack has where no option says otherwise.</summary>
    public const int DefaultTextBytes = Causes.DefaultBytes;

    // What is said before a message (which job, unit and silo) must not push its last cause over the edge.
    private const int PartOfSentences = 16;

    /// <summary>Makes the record of an exception; its message ends with its causes, as <see cref="Causes"/> writes them.</summary>
    /// <param name="exception">What was thrown; its members are user code and may throw themselves.</param>
    /// <param name="unit">The unit that threw; null for work that belongs to none.</param>
    /// <param name="maxTextBytes">The most bytes that its message has, and its stack.</param>
    public static FailureRecord From(Exception exception, long? unit, int maxTextBytes = DefaultTextBytes)
    {
        exception = Causes.Unwrap(exception);
        int messageBytes = Causes.Any(exception) ? maxTextBytes - (maxTextBytes / PartOfSentences) : maxTextBytes;
        return new FailureRecord(
            unit,
            Causes.TypeOf(exception),
            Causes.Message(exception, messageBytes),
            Causes.Stack(exception, maxTextBytes),
            exception is PermanentFailureException
        )
        {
            FailsJob = exception is ValueChangedException,
        };
    }

    /// <summary>Makes a record that no exception stands behind.</summary>
    public static FailureRecord Of(long? unit, string type, string message, bool permanent = false) =>
        new(unit, type, BoundedText.Cut(message, DefaultTextBytes), null, permanent);

    /// <summary>Says before the message where it happened.</summary>
    public static FailureRecord At(this FailureRecord failure, string where, int maxTextBytes = DefaultTextBytes) =>
        failure with
        {
            Message = BoundedText.Cut($"{where}: {failure.Message}", maxTextBytes),
        };
}
