using System.Diagnostics;

namespace OrleansWork.Console.LocalCluster;

/// <summary>Stops the local cluster of a data folder from another process (<c>down</c>).</summary>
internal static class ClusterShutdown
{
    private static readonly TimeSpan StopBound = TimeSpan.FromSeconds(45);
    private static readonly TimeSpan PollPeriod = TimeSpan.FromMilliseconds(25);

    /// <summary>Asks the supervisor to stop, waits until everything has ended, and ends what a killed supervisor left.</summary>
    /// <param name="dataDirectory">The data folder.</param>
    /// <param name="wipe">Also removes what the cluster stored there.</param>
    /// <param name="log">Takes what the user should know.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>Whether a cluster ran there; wiping is done either way.</returns>
    /// <exception cref="LocalClusterException">It did not stop; exit code 3.</exception>
    public static async Task<bool> StopAsync(string dataDirectory, bool wipe, TextWriter log, CancellationToken cancellationToken)
    {
        string path = Path.GetFullPath(dataDirectory);
        if (!System.IO.Directory.Exists(path))
            return false;
        bool ran = DataDirectory.IsTaken(path);
        if (ran)
        {
            ClusterProcess? supervisor = ClusterDescription.Read(path)?.Supervisor;
            if (!await ControlChannel.RequestStopAsync(path, cancellationToken).ConfigureAwait(false))
                await KillAsync(path, supervisor, log).ConfigureAwait(false);
            await WaitForReleaseAsync(path, supervisor, cancellationToken).ConfigureAwait(false);
        }

        ClusterDescription? left = await Leftovers.EndAsync(path, cancellationToken).ConfigureAwait(false);
        if (left is not null && !ran)
            await log.WriteLineAsync($"The supervisor of {path} was gone; cleared up after it.").ConfigureAwait(false);
        if (wipe)
            DataDirectory.Wipe(path);
        return ran;
    }

    private static async Task KillAsync(string path, ClusterProcess? supervisor, TextWriter log)
    {
        // It holds the lock and does not answer; without it the rest ends by itself.
        using Process? process = supervisor is null ? null : ProcessIdentity.Open(supervisor);
        if (process is null)
            throw new LocalClusterException(
                3,
                $"A process holds {path} but does not answer, and cluster.json does not name it; it may be starting. Try again."
            );
        await log.WriteLineAsync($"The supervisor (pid {supervisor!.Pid}) does not answer; killing it.").ConfigureAwait(false);
        process.Kill();
    }

    private static async Task WaitForReleaseAsync(string path, ClusterProcess? supervisor, CancellationToken cancellationToken)
    {
        for (
            long started = Stopwatch.GetTimestamp();
            DataDirectory.IsTaken(path);
            await Task.Delay(PollPeriod, cancellationToken).ConfigureAwait(false)
        )
        {
            if (Stopwatch.GetElapsedTime(started) > StopBound)
            {
                throw new LocalClusterException(
                    3,
                    $"The cluster in {path} did not stop within {StopBound.TotalSeconds:0} s (supervisor pid {supervisor?.Pid}). Logs: {Path.Combine(path, "logs")}"
                );
            }
        }

        using Process? process = supervisor is null ? null : ProcessIdentity.Open(supervisor);
        if (process is not null)
            await process.WaitForExitAsync(cancellationToken).WaitAsync(StopBound, cancellationToken).ConfigureAwait(false);
    }
}
