using OrleansWork.Console.Connection;
using OrleansWork.Console.LocalCluster;

namespace OrleansWork.Console.Commands;

/// <summary>What a local cluster is started with.</summary>
internal sealed record LocalClusterRequest
{
    /// <summary>Gets how many silos it has.</summary>
    public int Silos { get; init; } = 3;

    /// <summary>Gets how many slots each silo has, or null to share the cores out.</summary>
    public int? Slots { get; init; }

    /// <summary>Gets the first HTTP port to try, or null for any free ones.</summary>
    public int? HttpPort { get; init; }

    /// <summary>Gets its directory, or null for one of its own.</summary>
    public string? Directory { get; init; }

    /// <summary>Gets the assemblies, folders or projects with job kinds.</summary>
    public IReadOnlyList<string> Jobs { get; init; } = [];

    /// <summary>Gets labels as <c>silo:name=value</c>.</summary>
    public IReadOnlyList<string> Labels { get; init; } = [];

    /// <summary>Gets whether units may run commands.</summary>
    public bool AllowExec { get; init; }

    /// <summary>Gets whether units may end their process, for tests of faults.</summary>
    public bool AllowCrash { get; init; }

    /// <summary>Gets whether to start without what is damaged in the store.</summary>
    public bool AcceptLoss { get; init; }

    /// <summary>Gets whether to start though the clock is behind that of the last writes.</summary>
    public bool AcceptClock { get; init; }
}

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

/// <summary>A cluster of processes on this machine; disposing one that ends with this process stops it.</summary>
internal interface ILocalCluster : IAsyncDisposable
{
    /// <summary>Gets its directory.</summary>
    string Directory { get; }

    /// <summary>Gets where clients find it.</summary>
    ConnectionSettings Connection { get; }

    /// <summary>Gets the addresses to print, each with its name.</summary>
    IReadOnlyList<(string Name, string Address)> Addresses { get; }

    /// <summary>Gets the document that describes its processes.</summary>
    ClusterDescription Description { get; }

    /// <summary>Gets or sets whether a throw-away cluster leaves its directory behind, because its logs may be wanted.</summary>
    bool KeepLogs { get; set; }

    /// <summary>Waits until someone asked it to end from outside.</summary>
    /// <exception cref="StartFailedException">It cannot go on.</exception>
    Task WaitAsync(CancellationToken cancellationToken);
}

/// <summary>A local cluster that did not start or stop; the message has several lines, the last of a log among them.</summary>
internal sealed class StartFailedException(string message) : Exception(message)
{
    /// <summary>Gets what the console says when it ends.</summary>
    /// <value>The default is <see cref="Console.ExitCode.Unavailable"/>.</value>
    public int ExitCode { get; init; } = Console.ExitCode.Unavailable;
}
