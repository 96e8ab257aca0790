using System.Runtime.Versioning;
using OrleansWork.PageTests.Browsing;
using OrleansWork.SystemTests.Processes;

namespace OrleansWork.PageTests.Clusters;

/// <summary>Two silos of two slots each, for tests that kill the first and let its supervisor start it again.</summary>
[SupportedOSPlatform("linux")]
public sealed class MortalCluster : IAsyncLifetime
{
    private LocalCluster? _cluster;

    /// <summary>Gets the process that starts silos again.</summary>
    internal RunningProgram Supervisor => _cluster!.Console;

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        if (Chromium.SkipReason is null)
            _cluster = await LocalCluster.UpAsync(2, "--slots", "2");
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_cluster is null)
            return;

        // A test that has failed may have left it stopped.
        Supervisor.Signal(Signals.Continue);
        await _cluster.DisposeAsync();
    }

    /// <summary>Waits until both silos run and know each other.</summary>
    /// <returns>The processes that there are then.</returns>
    internal async Task<ClusterFile> WholeAsync()
    {
        ClusterFile file = await Eventually.NotNullAsync(
            () => Task.FromResult(LocalCluster.Read(_cluster!.Directory) is { Silos.Count: 2 } read ? read : null),
            () => Supervisor.Error
        );
        using HttpComputeClient client = file.HttpClient();
        await Eventually.NotNullAsync(async () =>
            (await client.ListSilosAsync(TestContext.Current.CancellationToken)).Count(silo => silo.State == "active") == 2 ? "" : null
        );
        return file;
    }
}
