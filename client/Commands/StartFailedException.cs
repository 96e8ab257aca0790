namespace OrleansWork.Console.Commands;

/// <summary>A local cluster that did not start or stop; the message has several lines, the last of a log among them.</summary>
internal sealed class StartFailedException(string message) : Exception(message)
{
    /// <summary>Gets what the console says when it ends.</summary>
    /// <value>The default is <see cref="Console.ExitCode.Unavailable"/>.</value>
    public int ExitCode { get; init; } = Console.ExitCode.Unavailable;
}
