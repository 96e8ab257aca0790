using System.Diagnostics;

namespace OrleansWork.Console.LocalCluster;

/// <summary>Clears up after a supervisor that was killed.</summary>
internal static class Leftovers
{
    // A silo whose supervisor is gone ends itself within two seconds.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Waits for the processes of a cluster whose supervisor is gone, kills those that stay, and removes their cluster.json.</summary>
    /// <returns>What ran there, or null.</returns>
    public static async Task<ClusterDescription?> EndAsync(string dataDirectory, CancellationToken cancellationToken)
    {
        if (ClusterDescription.Read(dataDirectory) is not { } description)
            return null;
        foreach (ClusterProcess described in description.Processes.Where(p => p.Role != ClusterProcess.SupervisorRole))
        {
            using Process? process = ProcessIdentity.Open(described);
            if (process is null)
                continue;
            try
            {
                await process.WaitForExitAsync(cancellationToken).WaitAsync(Patience, cancellationToken).ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
                process.Kill(entireProcessTree: true);
            }
        }

        File.Delete(Path.Combine(dataDirectory, ClusterDescription.FileName));
        return description;
    }
}
