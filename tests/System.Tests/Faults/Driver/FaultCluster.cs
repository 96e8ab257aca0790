using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Orleans.Hosting;
using OrleansWork.SystemTests.Processes;

namespace OrleansWork.SystemTests.Faults.Driver;

/// <summary>Silos and a store that nobody supervises: what is killed stays dead until the driver starts it again.</summary>
internal sealed class FaultCluster : IFaultTarget
{
    private static readonly TimeSpan AskTimeout = TimeSpan.FromSeconds(2);
    private readonly HttpClient _http;
    private readonly List<SiloProcess> _silos = [];
    private readonly List<ClusterConnection> _connections = [];

    private FaultCluster(StoreKind store)
    {
        ClusterId = $"fault-{Guid.NewGuid():N}"[..18];
        Directory = Path.Combine(Path.GetTempPath(), $"ow-{ClusterId}");
        System.IO.Directory.CreateDirectory(Directory);
        Store = new StoreProcess(store, Path.Combine(Directory, "store"));
        _http = Access.Http();
        _http.Timeout = AskTimeout;
    }

    /// <summary>Gets what opens its silos.</summary>
    public OwnAccess Access { get; } = new();

    public string ClusterId { get; }

    public string Directory { get; }

    public StoreProcess Store { get; }

    public IReadOnlyList<SiloProcess> Silos => _silos;

    public IEnumerable<SiloLog> Logs => _silos.Select(s => new SiloLog($"silo {s.Number} {s.Address}", s.Log, s.WasVictim));

    /// <summary>Gets the silos that run and are not about to end.</summary>
    public IReadOnlyList<SiloProcess> Running => [.. _silos.Where(s => s is { IsRunning: true, IsVictim: false })];

    /// <summary>Gets a client in this process that knows the gateways of all silos.</summary>
    public IComputeClient Client { get; private set; } = null!;

    /// <summary>Starts the store and silos, and waits until all know each other.</summary>
    public static Task<FaultCluster> StartAsync(int silos, SiloSetup? setup = null, StoreKind store = StoreKind.Garnet) =>
        StartAsync(store, [.. Enumerable.Repeat(setup ?? new SiloSetup(), silos)]);

    /// <summary>Starts the store and a silo for each setup, and waits until all know each other.</summary>
    public static async Task<FaultCluster> StartAsync(StoreKind store, params IReadOnlyList<SiloSetup> setups)
    {
        FaultCluster cluster = new(store);
        try
        {
            await cluster.Store.StartAsync();
            for (int number = 1; number <= setups.Count; number++)
                cluster._silos.Add(new SiloProcess(cluster, number, setups[number - 1]));
            await Task.WhenAll(cluster._silos.Select(s => s.StartAsync()));
            await cluster.AllKnowEachOtherAsync();
            cluster.Client = await cluster.ConnectAsync();
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>Opens another client.</summary>
    /// <param name="through">The silos whose gateways it knows; all when there are none.</param>
    public async Task<IComputeClient> ConnectAsync(params IReadOnlyList<SiloProcess> through)
    {
        IPEndPoint[] gateways = [.. (through.Count == 0 ? _silos : through).Select(s => IPEndPoint.Parse(s.Gateway))];
        ClusterConnection connection = await ClusterConnection.OpenAsync(
            new ClusterAddress
            {
                Name = gateways[0].ToString(),
                Gateways = client => client.UseStaticClustering(gateways),
                ClusterId = ClusterId,
                ServiceId = ClusterId,
                Secret = Access.Secret,
                ConnectTimeout = TimeSpan.FromSeconds(20),
                RefusedTimeout = TimeSpan.FromSeconds(20),
            }
        );
        _connections.Add(connection);
        return connection.Client;
    }

    /// <summary>Returns how many active silos a silo sees; null when it is not ready or does not answer.</summary>
    public async Task<int?> SeenByAsync(SiloProcess silo)
    {
        try
        {
            using HttpResponseMessage response = await _http.GetAsync(new Uri(silo.Http, "/readyz"));
            return response.IsSuccessStatusCode
                ? (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("activeSilos").GetInt32()
                : null;
        }
        catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException)
        {
            return null;
        }
    }

    /// <summary>Waits until every running silo sees all running silos active and no other.</summary>
    public Task AllKnowEachOtherAsync(TimeSpan? ceiling = null) => AllSeeAsync(Running, Running.Count, ceiling);

    /// <summary>Waits until every one of some silos sees as many active silos.</summary>
    /// <returns>How long that took.</returns>
    public async Task<TimeSpan> AllSeeAsync(IReadOnlyList<SiloProcess> observers, int active, TimeSpan? ceiling = null)
    {
        long started = Stopwatch.GetTimestamp();
        foreach (SiloProcess silo in observers)
        {
            int? seen = null;
            await Eventually.NotNullAsync(
                async () => (seen = await SeenByAsync(silo)) == active ? "" : null,
                () => $"It sees {seen?.ToString(CultureInfo.InvariantCulture) ?? "nothing"}.",
                ceiling,
                $"silo {silo.Number} to see {active} active silos"
            );
        }

        return Stopwatch.GetElapsedTime(started);
    }

    /// <summary>Waits until a text is in the log of one of some silos.</summary>
    /// <returns>When it was written, by that log.</returns>
    public static async Task<DateTimeOffset> LoggedAsync(IReadOnlyList<SiloProcess> silos, string text, TimeSpan? ceiling = null)
    {
        string? line = null;
        await Eventually.TrueAsync(
            () =>
                (line = silos.SelectMany(s => s.Log.Split('\n')).FirstOrDefault(l => l.Contains(text, StringComparison.Ordinal)))
                    is not null,
            ceiling: ceiling,
            what: $"'{text}' in a log"
        );
        return DateTimeOffset.Parse(line!.AsSpan(0, line!.IndexOf(' ', StringComparison.Ordinal)), CultureInfo.InvariantCulture);
    }

    /// <summary>Waits until it is known which silo coordinates a job.</summary>
    public Task<SiloProcess> CoordinatorOfAsync(RecordedJob job) =>
        Eventually.NotNullAsync(async () =>
        {
            JobStatus status = await job.Handle.GetStatusAsync();
            return Running.FirstOrDefault(s => s.Address == status.Coordinator);
        });

    public async ValueTask DisposeAsync()
    {
        foreach (ClusterConnection connection in _connections)
            await connection.DisposeAsync();
        foreach (SiloProcess silo in _silos)
            await silo.DisposeAsync();
        await Store.DisposeAsync();
        _http.Dispose();
        if (Environment.GetEnvironmentVariable("ORLEANSWORK_FAULT_KEEP") == "1")
        {
            foreach (SiloProcess silo in _silos)
                await File.WriteAllTextAsync(Path.Combine(Directory, $"silo-{silo.Number}.log"), silo.Log);
        }
        else if (System.IO.Directory.Exists(Directory))
        {
            System.IO.Directory.Delete(Directory, recursive: true);
        }
    }
}
