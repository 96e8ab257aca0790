using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Messaging;
using OrleansWork.SystemTests.Processes;

namespace OrleansWork.SystemTests.Faults.Driver;

/// <summary>A cluster under the console's own supervisor: what dies is started again at the same address.</summary>
internal sealed partial class SupervisedCluster : IFaultTarget
{
    private readonly LocalCluster _cluster;
    private ClusterConnection? _connection;

    private SupervisedCluster(LocalCluster cluster) => _cluster = cluster;

    public string Directory => _cluster.Directory;

    public IComputeClient Client => _connection!.Client;

    /// <summary>Gets the silos that run now.</summary>
    public IReadOnlyList<ClusterFileProcess> Silos => LocalCluster.Read(Directory)?.Silos ?? [];

    /// <summary>Gets whether the store runs now.</summary>
    public bool HasStore => LocalCluster.Read(Directory)?.Processes.Any(process => process.Role == "store") == true;

    /// <summary>Gets the store that runs now.</summary>
    public ClusterFileProcess Store => LocalCluster.Read(Directory)!.Store;

    public IEnumerable<SiloLog> Logs =>
        System
            .IO.Directory.EnumerateFiles(Path.Combine(Directory, "logs"), "silo-*.log")
            .Order(StringComparer.Ordinal)
            .Select(file => new SiloLog(Path.GetFileNameWithoutExtension(file), ReadShared(file), WasVictim: false))
            .Append(new SiloLog("supervisor", _cluster.Console.Error, WasVictim: false));

    /// <summary>Gets the silo processes that have ended, as the supervisor told it.</summary>
    public IReadOnlyList<SiloEnd> Ends =>
        [.. Ended().Matches(_cluster.Console.Error).Select(m => new SiloEnd(Number(m, "silo"), Number(m, "pid"), Number(m, "code")))];

    public static async Task<SupervisedCluster> StartAsync(
        int silos,
        IEnumerable<string> arguments,
        IEnumerable<(string, string)> environment
    )
    {
        SupervisedCluster cluster = new(
            await LocalCluster.UpAsync(
                silos,
                ["--jobs", typeof(RecordedWork).Assembly.Location, .. arguments],
                [("DOTNET_TieredPGO", "0"), .. environment]
            )
        );
        try
        {
            ClusterFile file = cluster._cluster.Description();
            cluster._connection = await ClusterConnection.OpenAsync(
                new ClusterAddress
                {
                    Name = file.Silos[0].Gateway!,
                    Gateways = client => client.Services.AddSingleton<IGatewayListProvider>(new Gateways(cluster)),
                    ClusterId = file.ClusterId,
                    ServiceId = file.ServiceId,
                    Secret = file.Secret,
                    ConnectTimeout = TimeSpan.FromSeconds(20),
                    RefusedTimeout = TimeSpan.FromSeconds(20),
                }
            );
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits until as many silos run as at the start.</summary>
    public Task AllRunAsync(int silos) =>
        Eventually.TrueAsync(() => Silos.Count == silos, () => _cluster.Console.Error, what: $"{silos} silos to run");

    public async ValueTask DisposeAsync()
    {
        if (_connection is not null)
            await _connection.DisposeAsync();
        await _cluster.DisposeAsync();
    }

    /// <summary>Finds the gateways in cluster.json: a silo whose port somebody took meanwhile comes back at another.</summary>
    private sealed class Gateways(SupervisedCluster cluster) : IGatewayListProvider
    {
        public TimeSpan MaxStaleness => TimeSpan.FromSeconds(1);

        public bool IsUpdatable => true;

        public Task InitializeGatewayListProvider() => Task.CompletedTask;

        public Task<IList<Uri>> GetGateways() =>
            Task.FromResult<IList<Uri>>([.. cluster.Silos.Select(s => new Uri($"gwy.tcp://{s.Gateway}/0"))]);
    }

    private static string ReadShared(string path)
    {
        using StreamReader reader = new(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));
        return reader.ReadToEnd();
    }

    private static int Number(Match match, string group) => int.Parse(match.Groups[group].ValueSpan, CultureInfo.InvariantCulture);

    [GeneratedRegex("Silo (?<silo>\\d+) \\(pid (?<pid>\\d+)\\) ended with exit code (?<code>-?\\d+)", RegexOptions.None, 1000)]
    private static partial Regex Ended();
}

/// <summary>The end of a silo process.</summary>
internal sealed record SiloEnd(int Silo, int Pid, int ExitCode);
