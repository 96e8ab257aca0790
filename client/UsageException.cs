namespace OrleansWork.Console;

/// <summary>A command line or an input that cannot be worked with; the message is what the user sees, mostly one line.</summary>
internal sealed class UsageException : Exception
{
    public UsageException(string message)
        : base(message) { }

    /// <summary>Makes one of all that is wrong.</summary>
    /// <param name="problems">What is wrong, each a line.</param>
    public UsageException(IReadOnlyList<string> problems)
        : base(string.Join('\n', problems)) => Problems = problems;

    /// <summary>Gets what is wrong, each a line, where several things may be; else an empty list.</summary>
    public IReadOnlyList<string> Problems { get; } = [];
}
