using System.Diagnostics;

namespace OrleansWork.Console.LocalCluster;

/// <summary>Stops the local cluster of a data folder from another process (<c>down</c>).</summary>
/// <remarks>It ends, whatever the supervisor and its processes do: what does not stop in time is killed, and that is said.</remarks>
internal static class ClusterShutdown
{
    private static readonly TimeSpan StopBound = TimeSpan.FromSeconds(45);
    private static readonly TimeSpan KillBound = TimeSpan.FromSeconds(5);

    // One that nobody takes leave of stays listed for good: in a container without an init, say.
    private static readonly TimeSpan EndBound = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan PollPeriod = TimeSpan.FromMilliseconds(25);

    /// <summary>Asks the supervisor to stop, waits until everything has ended, and ends what does not, and what a killed supervisor left.</summary>
    /// <param name="dataDirectory">The data folder.</param>
    /// <param name="wipe">Also removes what the cluster stored there.</param>
    /// <param name="log">Takes what the user should know.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>Whether a cluster ran there; wiping is done either way.</returns>
    /// <exception cref="LocalClusterException">It is another user's (exit code 5), or runs and cannot be found (3).</exception>
    public static async Task<bool> StopAsync(string dataDirectory, bool wipe, TextWriter log, CancellationToken cancellationToken)
    {
        string path = Path.GetFullPath(dataDirectory);
        if (!DataDirectory.MayUse(path))
            throw Foreign(path);
        if (!Directory.Exists(path))
            return false;
        bool ran = DataDirectory.IsTaken(path);
        if (ran)
        {
            ClusterProcess? supervisor = ClusterDescription.Read(path)?.Supervisor;
            using Process? process = supervisor is null ? null : ProcessIdentity.Open(supervisor);
            bool? asked = await ControlChannel.RequestStopAsync(path, cancellationToken);

            // The pipe is the owner's alone; whoever may end any process may end this one, too.
            if (asked is null && (supervisor is null || !Posix.IsHere || !Posix.Signal(supervisor.Pid, Posix.SignalTerminate)))
                throw Foreign(path);
            if (asked is false)
                await KillAsync(path, supervisor, "does not answer", log);
            if (!await ReleasedAsync(path, StopBound, cancellationToken))
            {
                await KillAsync(path, supervisor, $"did not stop within {StopBound.TotalSeconds:0} s", log);
                if (!await ReleasedAsync(path, KillBound, cancellationToken))
                    throw new LocalClusterException(
                        3,
                        $"Something still holds {path} after its supervisor (pid {supervisor?.Pid}) was killed."
                    );
            }

            // It lets go of the folder a moment before it ends; whoever looks for processes after this finds none.
            if (process is not null)
                await process
                    .WaitForExitAsync(cancellationToken)
                    .WaitAsync(EndBound, cancellationToken)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancellationToken.ThrowIfCancellationRequested();
        }

        ClusterDescription? left = await Leftovers.EndAsync(path, log, cancellationToken);
        if (left is not null && !ran)
            await log.WriteLineAsync($"The supervisor of {path} was gone; cleared up after it.");
        if (wipe)
            Wipe(path);
        return ran;
    }

    private static LocalClusterException Foreign(string path) =>
        new(5, $"{path} belongs to another user; only its owner may stop a cluster there.");

    private static void Wipe(string path)
    {
        try
        {
            DataDirectory.Wipe(path);
        }
        catch (Exception exception) when (exception is UnauthorizedAccessException)
        {
            throw new LocalClusterException(5, $"{path} could not be wiped: {exception.Message}");
        }
        catch (IOException exception)
        {
            throw new LocalClusterException(3, $"{path} could not be wiped: {exception.Message}");
        }
    }

    private static async Task KillAsync(string path, ClusterProcess? supervisor, string why, TextWriter log)
    {
        // Without it the rest ends by itself, and what does not is ended here.
        using Process? process = supervisor is null ? null : ProcessIdentity.Open(supervisor);
        if (process is null)
        {
            if (!DataDirectory.IsTaken(path))
                return;
            throw new LocalClusterException(
                3,
                $"A process holds {path} but does not answer, and cluster.json does not name it; it may be starting. Try again."
            );
        }

        await log.WriteLineAsync($"The supervisor (pid {supervisor!.Pid}) {why}; killing it.");
        process.Kill();
    }

    /// <summary>Waits until nobody holds the folder.</summary>
    /// <returns>Whether it came to that in time.</returns>
    private static async Task<bool> ReleasedAsync(string path, TimeSpan bound, CancellationToken cancellationToken)
    {
        for (long started = Stopwatch.GetTimestamp(); DataDirectory.IsTaken(path); )
        {
            if (Stopwatch.GetElapsedTime(started) > bound)
                return false;
            await Task.Delay(PollPeriod, cancellationToken);
        }

        return true;
    }
}
