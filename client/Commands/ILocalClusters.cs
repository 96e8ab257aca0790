namespace OrleansWork.Console.Commands;

/// <summary>Starts and stops clusters of processes on this machine; tests put another in its place.</summary>
internal interface ILocalClusters
{
    /// <summary>Requires what can be known before anything is started: that numbers, labels and paths are right.</summary>
    /// <exception cref="UsageException">Something is wrong.</exception>
    void Require(LocalClusterRequest request);

    /// <summary>Starts a cluster that ends with this process; returns when all its silos are ready.</summary>
    /// <exception cref="StartFailedException">It did not start; the message has the last lines of the log and its path.</exception>
    /// <exception cref="UsageException">One runs in that directory already.</exception>
    Task<ILocalCluster> StartAsync(LocalClusterRequest request, CancellationToken cancellationToken);

    /// <summary>Starts a cluster that goes on without this process; returns when all its silos are ready.</summary>
    Task<ILocalCluster> StartDetachedAsync(LocalClusterRequest request, CancellationToken cancellationToken);

    /// <summary>Says at once whether a local cluster has a kind of its own.</summary>
    /// <returns>False also where it cannot be told without <see cref="ListKindsAsync"/>.</returns>
    bool HasKind(string name);

    /// <summary>Lists the job kinds that a local cluster would have; starts none.</summary>
    /// <param name="jobs">Assemblies, folders or projects with job kinds.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task<IReadOnlyList<KindStatus>> ListKindsAsync(IReadOnlyList<string> jobs, CancellationToken cancellationToken);

    /// <summary>Brings the cluster of a directory to another number of silos; returns when they are ready, or gone.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="silos">How many silos it is to have.</param>
    /// <param name="drainTime">How long what runs on a silo that goes may take to end.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>The cluster as it is then; null when none runs there.</returns>
    /// <exception cref="StartFailedException">A new silo did not start, or the cluster is stopping.</exception>
    Task<ILocalCluster?> ScaleAsync(string directory, int silos, TimeSpan drainTime, CancellationToken cancellationToken);

    /// <summary>Stops the cluster of a directory.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="wipe">Whether its data are deleted.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>Whether one ran there.</returns>
    Task<bool> StopAsync(string directory, bool wipe, CancellationToken cancellationToken);
}
