using System.Net;
using Orleans.Hosting;
using OrleansWork.SystemTests.Processes;

namespace OrleansWork.SystemTests;

/// <summary>A cluster of three silos for the tests of a class.</summary>
public class ThreeSilos : IAsyncLifetime
{
    private readonly string[] _options;
    private LocalCluster? _cluster;
    private ClusterConnection? _connection;

    public ThreeSilos()
        : this([]) { }

    protected ThreeSilos(params string[] options) => _options = options;

    internal LocalCluster Cluster => _cluster ?? throw new InvalidOperationException("The cluster is not there yet.");

    /// <summary>A client in this process: asks while a job runs, without the seconds that a console takes to start.</summary>
    internal IComputeClient Client => _connection?.Client ?? throw new InvalidOperationException("The cluster is not there yet.");

    public async ValueTask InitializeAsync()
    {
        if (!OperatingSystem.IsLinux())
            return;
        _cluster = await LocalCluster.UpAsync(3, _options);
        ClusterFile file = _cluster.Description();
        IPEndPoint[] gateways = [.. file.Silos.Select(s => IPEndPoint.Parse(s.Gateway!))];
        _connection = await ClusterConnection.OpenAsync(
            new ClusterAddress
            {
                Name = file.Silos[0].Gateway!,
                Gateways = client => client.UseStaticClustering(gateways),
                ClusterId = file.ClusterId,
                ServiceId = file.ServiceId,
                Secret = file.Secret,
            }
        );
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (_connection is not null)
            await _connection.DisposeAsync();
        if (_cluster is not null)
            await _cluster.DisposeAsync();
    }
}

/// <summary>A cluster of three silos that run commands.</summary>
public sealed class ThreeExecutingSilos() : ThreeSilos("--allow-exec");

/// <summary>A cluster of three silos that know <see cref="NumberLines"/>.</summary>
public sealed class ThreeCountingSilos() : ThreeSilos("--jobs", typeof(NumberLines).Assembly.Location);
