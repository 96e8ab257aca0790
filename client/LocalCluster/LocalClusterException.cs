namespace OrleansWork.Console.LocalCluster;

/// <summary>A local cluster was not started or not stopped; the message says it all and is for the user.</summary>
/// <param name="exitCode">The exit code of the console: 2 for wrong options or a folder in use, 3 when the cluster did not come up, 5 when it was refused to.</param>
/// <param name="message">What failed, and what to do.</param>
internal sealed class LocalClusterException(int exitCode, string message) : Exception(message)
{
    /// <summary>Gets the exit code of the console.</summary>
    public int ExitCode { get; } = exitCode;
}
