using OrleansWork.Console.Commands;
using OrleansWork.Console.Connection;
using OrleansWork.Console.LocalCluster;

namespace OrleansWork.Console.Tests;

/// <summary>Local clusters that start no process.</summary>
internal sealed class FakeLocalClusters : ILocalClusters
{
    public List<FakeLocalCluster> Started { get; } = [];

    public string? StoppedDirectory { get; private set; }

    public bool Wiped { get; private set; }

    public bool Runs { get; set; } = true;

    public StartFailedException? StartFailure { get; set; }

    public UsageException? Wrong { get; set; }

    public void Require(LocalClusterRequest request)
    {
        if (Wrong is not null)
            throw Wrong;
    }

    public Task<ILocalCluster> StartAsync(LocalClusterRequest request, CancellationToken cancellationToken)
    {
        if (StartFailure is not null)
            return Task.FromException<ILocalCluster>(StartFailure);
        FakeLocalCluster cluster = new(request, detached: false);
        Started.Add(cluster);
        return Task.FromResult<ILocalCluster>(cluster);
    }

    public Task<ILocalCluster> StartDetachedAsync(LocalClusterRequest request, CancellationToken cancellationToken)
    {
        FakeLocalCluster cluster = new(request, detached: true);
        Started.Add(cluster);
        return Task.FromResult<ILocalCluster>(cluster);
    }

    public IReadOnlyList<string>? JobsListed { get; private set; }

    public IReadOnlyList<KindStatus> Kinds { get; set; } = [];

    /// <summary>The kinds that a local cluster has without being asked; by default any.</summary>
    public Func<string, bool> Has { get; set; } = _ => true;

    public bool HasKind(string name) => Has(name);

    public Task<IReadOnlyList<KindStatus>> ListKindsAsync(IReadOnlyList<string> jobs, CancellationToken cancellationToken)
    {
        JobsListed = jobs;
        return Task.FromResult(Kinds);
    }

    public (string Directory, int Silos, TimeSpan DrainTime)? Scaled { get; private set; }

    public Task<ILocalCluster?> ScaleAsync(string directory, int silos, TimeSpan drainTime, CancellationToken cancellationToken)
    {
        Scaled = (directory, silos, drainTime);
        LocalClusterRequest request = new() { Directory = directory, Silos = silos };
        return Task.FromResult<ILocalCluster?>(Runs ? new FakeLocalCluster(request, detached: true) : null);
    }

    public Task<bool> StopAsync(string directory, bool wipe, CancellationToken cancellationToken)
    {
        (StoppedDirectory, Wiped) = (directory, wipe);
        return Task.FromResult(Runs);
    }
}

internal sealed class FakeLocalCluster(LocalClusterRequest request, bool detached) : ILocalCluster
{
    public LocalClusterRequest Request { get; } = request;

    public bool Detached { get; } = detached;

    public bool Stopped { get; private set; }

    public TaskCompletionSource Ended { get; } = new();

    public string Directory => Request.Directory ?? "/tmp/orleanswork-test";

    public ConnectionSettings Connection =>
        new()
        {
            Directory = Directory,
            ClusterId = "local-1",
            ServiceId = "orleanswork",
        };

    public IReadOnlyList<(string Name, string Address)> Addresses => [("http", "http://127.0.0.1:8080")];

    public ClusterDescription Description =>
        new(
            "local-1",
            "orleanswork",
            "127.0.0.1:1,password=hidden",
            [
                .. Enumerable
                    .Range(1, Request.Silos)
                    .Select(number => new ClusterProcess(
                        ClusterProcess.SiloRole,
                        number,
                        $"127.0.0.1:{11110 + number}@1",
                        $"127.0.0.1:{30000 + number}",
                        $"http://127.0.0.1:{8079 + number}",
                        $"silo-{number}.log",
                        DateTimeOffset.UnixEpoch
                    )
                    {
                        State = ClusterProcess.Ready,
                    }),
            ]
        );

    public bool KeepLogs { get; set; }

    public Task WaitAsync(CancellationToken cancellationToken) => Ended.Task.WaitAsync(cancellationToken);

    public ValueTask DisposeAsync()
    {
        Stopped = true;
        return ValueTask.CompletedTask;
    }
}
