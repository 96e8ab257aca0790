using System.Collections.ObjectModel;
using System.Reflection;
using System.Text;

namespace OrleansWork;

/// <summary>
/// What an exception says with all that caused it, as one text: <c>The type initializer for 'Table' threw an exception. ---&gt;
/// System.FormatException: The input string 'x' was not in a correct format.</c> Where there are several causes, each has its number:
/// <c>… ---&gt; [1 of 2] System.IO.IOException: no disk [2 of 2] System.TimeoutException: too late</c>.
/// </summary>
/// <remarks>
/// Exceptions of user code are user code: a getter may throw, a message may have a gigabyte, a chain may be a circle. The text is bounded in
/// bytes, in depth and in number, and of what is too long each message keeps its beginning: the last cause, which says most, is never cut away.
/// </remarks>
internal static class Causes
{
    /// <summary>The most bytes of UTF-8 that a text has where no option says otherwise.</summary>
    public const int DefaultBytes = 8 * 1024;

    private const int MaxDepth = 16;
    private const int MaxSiblings = 8;
    private const int MaxCauses = 32;
    private const int MaxTypeBytes = 512;
    private const string Arrow = " ---> ";

    private static readonly string NoMessageOfMany = new AggregateException().Message;
    private static readonly string NoMessageOfInvocation = new TargetInvocationException(inner: null).Message;

    /// <summary>Returns the exception that says something: invocations by reflection and bundles of one, without words of their own, stand for what is in them.</summary>
    public static Exception Unwrap(Exception exception)
    {
        for (int depth = 0; depth < MaxDepth && SaysNothing(exception); depth++)
            exception = exception.InnerException!;
        return exception;
    }

    /// <summary>Returns the name of an exception's type with its namespace.</summary>
    public static string TypeOf(Exception exception)
    {
        Type type = exception.GetType();
        return BoundedText.Cut(type.IsGenericType ? type.ToString() : type.FullName ?? type.Name, MaxTypeBytes);
    }

    /// <summary>Returns whether something else caused an exception.</summary>
    public static bool Any(Exception exception) => Of(Unwrap(exception)).Count > 0;

    /// <summary>Returns an exception's message with its causes.</summary>
    /// <param name="exception">What was thrown.</param>
    /// <param name="maxBytes">The most bytes of UTF-8 that the text has.</param>
    public static string Message(Exception exception, int maxBytes = DefaultBytes)
    {
        Unfolding causes = new(maxBytes);
        causes.Add("", Unwrap(exception), depth: 0);
        return causes.ToString();
    }

    /// <summary>Returns the type, the message and the causes of an exception, as a sentence has them: <c>FormatException: bad digit at 12</c>.</summary>
    /// <inheritdoc cref="Message"/>
    public static string Describe(Exception exception, int maxBytes = DefaultBytes)
    {
        exception = Unwrap(exception);
        string type = BoundedText.Cut(exception.GetType().Name, MaxTypeBytes);
        return BoundedText.Cut($"{type}: {Message(exception, Math.Max(maxBytes - type.Length - 2, 0))}", maxBytes);
    }

    /// <summary>Returns where an exception was thrown, and before that where its first causes were; null when nobody knows.</summary>
    /// <inheritdoc cref="Message"/>
    public static string? Stack(Exception exception, int maxBytes = DefaultBytes)
    {
        List<string> stacks = [];
        Exception? current = Unwrap(exception);
        for (int depth = 0; depth < MaxDepth && current is not null; depth++)
        {
            Exception thrown = current;
            if (Read(() => thrown.StackTrace, maxBytes) is { Length: > 0 } stack)
                stacks.Add(
                    depth == 0 ? stack : $"{stack}{Environment.NewLine}   --- end of the stack of {TypeOf(thrown)} ---{Environment.NewLine}"
                );
            current = Of(thrown) is [{ } inner, ..] ? inner : null;
        }

        if (stacks.Count == 0)
            return Read(() => exception.StackTrace, maxBytes);
        stacks.Reverse();
        string[] texts = [.. stacks];
        BoundedText.CutTogether(texts, maxBytes);
        return string.Concat(texts);
    }

    private static bool SaysNothing(Exception exception) =>
        exception switch
        {
            TargetInvocationException { InnerException: not null } => OwnMessage(exception, DefaultBytes) == NoMessageOfInvocation,
            AggregateException { InnerExceptions.Count: 1 } => OwnMessage(exception, DefaultBytes) == NoMessageOfMany,
            _ => false,
        };

    private static ReadOnlyCollection<Exception> Of(Exception exception) =>
        exception switch
        {
            AggregateException many => many.InnerExceptions,
            // Many types of one assembly fail for one reason.
            ReflectionTypeLoadException types => new([
                .. types.LoaderExceptions.OfType<Exception>().DistinctBy(inner => (inner.GetType(), OwnMessage(inner, DefaultBytes))),
            ]),
            { InnerException: { } inner } => new([inner]),
            _ => ReadOnlyCollection<Exception>.Empty,
        };

    /// <summary>Returns an exception's message without those of its causes, which some repeat.</summary>
    private static string OwnMessage(Exception exception, int maxBytes)
    {
        string message = Read(() => exception.Message, int.MaxValue) ?? "";
        ReadOnlySpan<char> own = exception switch
        {
            AggregateException many => WithoutMessagesOf(many.InnerExceptions, message),
            ReflectionTypeLoadException => FirstLine(message),
            _ => message,
        };
        return BoundedText.Cut(own.Length == message.Length ? message : own.ToString(), maxBytes);
    }

    private static ReadOnlySpan<char> WithoutMessagesOf(ReadOnlyCollection<Exception> inner, ReadOnlySpan<char> message)
    {
        ReadOnlySpan<char> rest = message;
        for (int i = inner.Count - 1; i >= 0; i--)
        {
            Exception cause = inner[i];
            string repeated = Read(() => cause.Message, int.MaxValue) ?? "";
            if (!rest.EndsWith(")") || !rest[..^1].EndsWith(repeated) || !rest[..^(repeated.Length + 1)].EndsWith("("))
                return message;
            rest = rest[..^(repeated.Length + 2)].TrimEnd(' ');
        }

        return rest;
    }

    private static ReadOnlySpan<char> FirstLine(ReadOnlySpan<char> text)
    {
        int end = text.IndexOfAny('\r', '\n');
        return end < 0 ? text : text[..end];
    }

    private static string? Read(Func<string?> read, int maxBytes)
    {
        try
        {
            return read() is { } text ? BoundedText.Cut(text, maxBytes) : null;
        }
        catch (Exception thrown)
        {
            return $"(could not be read: its getter threw {TypeOf(thrown)})";
        }
    }

    /// <summary>The exceptions of a tree in the order in which a text has them.</summary>
    private sealed class Unfolding(int maxBytes)
    {
        private readonly List<string> _leads = [];
        private readonly List<string> _messages = [];
        private readonly HashSet<Exception> _seen = new(ReferenceEqualityComparer.Instance);

        public void Add(string lead, Exception exception, int depth)
        {
            if (!_seen.Add(exception) || depth > MaxDepth || _seen.Count > MaxCauses)
            {
                Append($"{lead}…", "");
                return;
            }

            string type = depth == 0 ? "" : $"{TypeOf(exception)}: ";
            Append($"{lead}{type}", OwnMessage(exception, maxBytes));
            ReadOnlyCollection<Exception> causes = Of(exception);
            if (causes.Count == 1)
            {
                Add(Arrow, Unwrap(causes[0]), depth + 1);
                return;
            }

            int shown = Math.Min(causes.Count, MaxSiblings);
            for (int i = 0; i < shown; i++)
                Add($"{(i == 0 ? Arrow : " ")}[{i + 1} of {causes.Count}] ", Unwrap(causes[i]), depth + 1);
            if (shown < causes.Count)
                Append($" … and {causes.Count - shown} more", "");
        }

        public override string ToString()
        {
            string[] messages = [.. _messages];
            BoundedText.CutTogether(messages, Math.Max(0, maxBytes - _leads.Sum(Encoding.UTF8.GetByteCount)));
            StringBuilder text = new();
            for (int i = 0; i < messages.Length; i++)
                text.Append(_leads[i]).Append(messages[i]);
            return BoundedText.Cut(text.ToString(), maxBytes);
        }

        private void Append(string lead, string message)
        {
            _leads.Add(lead);
            _messages.Add(message);
        }
    }
}
