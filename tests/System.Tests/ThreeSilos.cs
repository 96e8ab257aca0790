using OrleansWork.SystemTests.Processes;

namespace OrleansWork.SystemTests;

/// <summary>A cluster of three silos for the tests of a class.</summary>
public sealed class ThreeSilos : IAsyncLifetime
{
    private LocalCluster? _cluster;

    internal LocalCluster Cluster => _cluster ?? throw new InvalidOperationException("The cluster is not there yet.");

    public async ValueTask InitializeAsync()
    {
        if (OperatingSystem.IsLinux())
            _cluster = await LocalCluster.UpAsync(3);
    }

    public async ValueTask DisposeAsync()
    {
        if (_cluster is not null)
            await _cluster.DisposeAsync();
    }
}
