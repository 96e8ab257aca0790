using System.Globalization;
using OrleansWork.Console.Connection;
using OrleansWork.Console.LocalCluster;
using OrleansWork.Console.Output;

namespace OrleansWork.Console.Commands;

/// <summary>Local clusters of real processes.</summary>
internal sealed class LocalClusters(Terminal terminal) : ILocalClusters
{
    /// <summary>Takes what the supervisor says, a line at a time.</summary>
    private TextWriter Log => terminal.Error;

    public void Require(LocalClusterRequest request)
    {
        try
        {
            OptionsOf(request).Validate();
        }
        catch (LocalClusterException exception)
        {
            throw new UsageException(exception.Message);
        }
    }

    public async Task<ILocalCluster> StartAsync(LocalClusterRequest request, CancellationToken cancellationToken)
    {
        ClusterSupervisor supervisor = await Guarded(ClusterSupervisor.StartAsync(OptionsOf(request), Log, cancellationToken));
        return new OwnedCluster(supervisor);
    }

    public async Task<ILocalCluster> StartDetachedAsync(LocalClusterRequest request, CancellationToken cancellationToken)
    {
        LocalClusterOptions options = OptionsOf(request);
        ClusterDescription description = await Guarded(DetachedSupervisor.StartAsync(options, Log, cancellationToken));
        return new DetachedCluster(Path.GetFullPath(options.DataDirectory!), description);
    }

    public bool HasKind(string name)
    {
        try
        {
            return ReadyMadeKinds.Read(Programs.FindSilo()).Contains(name, StringComparer.Ordinal);
        }
        catch (LocalClusterException)
        {
            return false;
        }
    }

    public Task<IReadOnlyList<KindStatus>> ListKindsAsync(IReadOnlyList<string> jobs, CancellationToken cancellationToken) =>
        Guarded(KindListing.AskAsync(jobs, cancellationToken));

    public async Task<ILocalCluster?> ScaleAsync(string directory, int silos, TimeSpan drainTime, CancellationToken cancellationToken)
    {
        string path = Path.GetFullPath(directory);
        if (!DataDirectory.MayUse(path))
            throw new StartFailedException($"{path} belongs to another user.") { ExitCode = ExitCode.Refused };
        if (!DataDirectory.IsTaken(path))
            return null;
        await Guarded(ControlChannel.RequestScaleAsync(path, new ClusterSize(silos, drainTime), Log, cancellationToken));
        return ClusterDescription.Read(path) is { } description ? new DetachedCluster(path, description) : null;
    }

    public Task<bool> StopAsync(string directory, bool wipe, CancellationToken cancellationToken) =>
        Guarded(ClusterShutdown.StopAsync(directory, wipe, Log, cancellationToken));

    private static LocalClusterOptions OptionsOf(LocalClusterRequest request) =>
        new()
        {
            Silos = request.Silos,
            Slots = request.Slots,
            Port = request.HttpPort,
            DataDirectory = request.Directory,
            Jobs = request.Jobs,
            Labels = [.. request.Labels.Select(LabelOf)],
            AllowExec = request.AllowExec,
            AllowCrash = request.AllowCrash,
            AcceptLoss = request.AcceptLoss,
            AcceptClock = request.AcceptClock,
        };

    private static SiloLabel LabelOf(string text) =>
        SiloLabel.TryParse(text, out SiloLabel? label)
            ? label
            : throw new UsageException($"--label is '{text}'; write silo:name=value, such as 1:zone=a.");

    private static async Task<T> Guarded<T>(Task<T> call)
    {
        await Guarded((Task)call);
        return await call;
    }

    private static async Task Guarded(Task call)
    {
        try
        {
            await call;
        }
        catch (LocalClusterException exception) when (exception.ExitCode == ExitCode.Usage)
        {
            throw new UsageException(exception.Message);
        }
        catch (LocalClusterException exception)
        {
            throw new StartFailedException(exception.Message) { ExitCode = exception.ExitCode };
        }
    }

    private static ConnectionSettings ConnectionOf(string directory, ClusterDescription description) =>
        new()
        {
            Directory = directory,
            ClusterId = description.ClusterId,
            ServiceId = description.ServiceId,
            Secret = description.Secret ?? "",
        };

    private static IReadOnlyList<(string Name, string Address)> AddressesOf(string directory, ClusterDescription description) =>
        [
            .. description.Silos.Select(
                (silo, index) =>
                    (
                        string.Create(CultureInfo.InvariantCulture, $"silo {index + 1}"),
                        $"{silo.Silo}  gateway {silo.Gateway}  http {silo.Http}"
                    )
            ),
            ("store", description.StoreAddress),
            ("data", directory),
            // The key is behind the #: no server and no log is told of it.
            .. description is { Url: { } url, Key: { } key } ? [("page", $"{url.TrimEnd('/')}/#key={key}")] : ((string, string)[])[],
        ];

    private sealed class OwnedCluster(ClusterSupervisor supervisor) : ILocalCluster
    {
        public string Directory => supervisor.Directory;

        public ConnectionSettings Connection => ConnectionOf(supervisor.Directory, supervisor.Description) with { IsOwn = true };

        public IReadOnlyList<(string Name, string Address)> Addresses => AddressesOf(supervisor.Directory, supervisor.Description);

        public ClusterDescription Description => supervisor.Description;

        public bool KeepLogs { get; set; }

        public Task WaitAsync(CancellationToken cancellationToken) => Guarded(supervisor.Ended.WaitAsync(cancellationToken));

        public async ValueTask DisposeAsync() => await supervisor.StopAsync(KeepLogs);
    }

    private sealed class DetachedCluster(string directory, ClusterDescription description) : ILocalCluster
    {
        public string Directory => directory;

        public ConnectionSettings Connection => ConnectionOf(directory, description);

        public IReadOnlyList<(string Name, string Address)> Addresses => AddressesOf(directory, description);

        public ClusterDescription Description => description;

        public bool KeepLogs { get; set; }

        public Task WaitAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
