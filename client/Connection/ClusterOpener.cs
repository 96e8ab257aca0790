namespace OrleansWork.Console.Connection;

/// <summary>One road to a cluster, before it is taken. Dispose it when it leads nowhere.</summary>
/// <param name="watch">Notices when the cluster is stopped, or null where nothing can be watched.</param>
internal abstract class ClusterOpener(ClusterWatch? watch) : IDisposable
{
    /// <summary>Gets what notices when the cluster is stopped, or null.</summary>
    public ClusterWatch? Watch { get; } = watch;

    /// <summary>Gets where the road leads, for messages; without what is secret of it.</summary>
    public abstract string Name { get; }

    /// <summary>Goes to the cluster.</summary>
    /// <param name="patience">How long to try, also where nothing listens; null for the usual time, which is less where nothing listens.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="RequestException">It was not reached; its inner exception is a <see cref="TimeoutException"/> where more time might have helped.</exception>
    public abstract Task<ClusterLink> OpenAsync(TimeSpan? patience, CancellationToken cancellationToken);

    public void Dispose() => Watch?.Dispose();
}
