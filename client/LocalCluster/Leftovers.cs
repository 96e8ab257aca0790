using System.ComponentModel;
using System.Diagnostics;

namespace OrleansWork.Console.LocalCluster;

/// <summary>Clears up after a supervisor that was killed.</summary>
internal static class Leftovers
{
    // A silo whose supervisor is gone ends itself within two seconds.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Waits for the processes of a cluster whose supervisor is gone, kills those that stay, and removes their cluster.json.</summary>
    /// <param name="dataDirectory">The data folder.</param>
    /// <param name="log">Takes what was killed.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>What ran there, or null.</returns>
    public static async Task<ClusterDescription?> EndAsync(string dataDirectory, TextWriter log, CancellationToken cancellationToken)
    {
        if (ClusterDescription.Read(dataDirectory) is not { } description)
            return null;

        // The supervisor too: its lock is free a moment before it has ended.
        await Task.WhenAll(description.Processes.Select(process => EndOneAsync(process, log, cancellationToken)));
        File.Delete(Path.Combine(dataDirectory, ClusterDescription.FileName));
        return description;
    }

    private static async Task EndOneAsync(ClusterProcess described, TextWriter log, CancellationToken cancellationToken)
    {
        using Process? process = ProcessIdentity.Open(described);
        if (process is null)
            return;
        try
        {
            await process.WaitForExitAsync(cancellationToken).WaitAsync(Patience, cancellationToken);
        }
        catch (TimeoutException)
        {
            await log.WriteLineAsync($"The {described.Role} (pid {described.Pid}) does not end; killing it.");
            await KillAsync(process, cancellationToken);
        }
    }

    private static async Task KillAsync(Process process, CancellationToken cancellationToken)
    {
        try
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(cancellationToken).WaitAsync(Patience, cancellationToken);
        }
        catch (Exception exception)
            when (exception is TimeoutException or InvalidOperationException or Win32Exception or AggregateException)
        {
            // It has ended, or nothing can end it.
        }
    }
}
