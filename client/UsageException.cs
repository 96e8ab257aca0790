namespace OrleansWork.Console;

/// <summary>A command line or an input that cannot be worked with; the message is the one line the user sees.</summary>
internal sealed class UsageException(string message) : Exception(message);
