using System.Text;
using OrleansWork.Protocol;
using OrleansWork.Values;

namespace OrleansWork.Engine.Execution;

/// <summary>Turns exceptions of user code into plain records: bounded, and safe even where the exception itself is not.</summary>
internal static class FailureRecords
{
    /// <summary>The most bytes of UTF-8 that a message or a stack has where no option says otherwise.</summary>
    public const int DefaultTextBytes = 8 * 1024;

    /// <summary>Makes the record of an exception.</summary>
    /// <param name="exception">What was thrown; its members are user code and may throw themselves.</param>
    /// <param name="unit">The unit that threw, or -1.</param>
    /// <param name="maxTextBytes">The most bytes that its message has, and its stack.</param>
    public static FailureRecord From(Exception exception, long unit, int maxTextBytes = DefaultTextBytes)
    {
        while (exception is System.Reflection.TargetInvocationException or AggregateException { InnerExceptions.Count: 1 })
        {
            if (exception.InnerException is null)
                break;
            exception = exception.InnerException;
        }

        return new FailureRecord(
            unit,
            Cut(exception.GetType().FullName ?? exception.GetType().Name, 512),
            Guarded(() => exception.Message, maxTextBytes) ?? "",
            Guarded(() => exception.StackTrace, maxTextBytes),
            exception is PermanentFailureException
        )
        {
            FailsJob = exception is ValueChangedException,
        };
    }

    /// <summary>Makes a record that no exception stands behind.</summary>
    public static FailureRecord Of(long unit, string type, string message, bool permanent = false) =>
        new(unit, type, Cut(message, DefaultTextBytes), null, permanent);

    /// <summary>Says before the message where it happened.</summary>
    public static FailureRecord At(this FailureRecord failure, string where, int maxTextBytes = DefaultTextBytes) =>
        failure with
        {
            Message = Cut($"{where}: {failure.Message}", maxTextBytes),
        };

    private static string? Guarded(Func<string?> read, int maxTextBytes)
    {
        try
        {
            return read() is { } text ? Cut(text, maxTextBytes) : null;
        }
        catch (Exception inner)
        {
            return $"(could not be read: its getter threw {inner.GetType().FullName})";
        }
    }

    /// <summary>Cuts a text to a number of bytes of UTF-8, between characters, and marks the cut.</summary>
    internal static string Cut(string text, int maxBytes)
    {
        const string Mark = " …";
        if (text.Length <= maxBytes / 3)
            return text;
        ReadOnlySpan<char> head = text.AsSpan(0, Math.Min(text.Length, maxBytes));
        if (head.Length == text.Length && Encoding.UTF8.GetByteCount(head) <= maxBytes)
            return text;
        int budget = maxBytes - Encoding.UTF8.GetByteCount(Mark);
        int bytes = 0;
        int length = 0;
        foreach (Rune rune in head.EnumerateRunes())
        {
            if (bytes + rune.Utf8SequenceLength > budget)
                break;
            bytes += rune.Utf8SequenceLength;
            length += rune.Utf16SequenceLength;
        }

        return string.Concat(head[..Math.Min(length, head.Length)], Mark);
    }
}
