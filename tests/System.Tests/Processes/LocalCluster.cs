using System.Globalization;
using System.Net;
using System.Text.Json;
using Orleans.Hosting;

namespace OrleansWork.SystemTests.Processes;

/// <summary>A cluster started by <c>orleanswork up</c> in a folder of its own; disposing stops it and removes the folder.</summary>
internal sealed class LocalCluster : IAsyncDisposable
{
    // Orleans listens so that others may listen on the same port: consoles that choose at the same moment choose the same ones.
    private static readonly SemaphoreSlim s_starting = new(1);

    private bool _ended;

    private LocalCluster(string directory, RunningProgram console) => (Directory, Console) = (directory, console);

    public string Directory { get; }

    /// <summary>Gets the console that supervises the cluster.</summary>
    public RunningProgram Console { get; }

    public static string NewDirectory() => Path.Combine(Path.GetTempPath(), $"ow-test-{Guid.NewGuid():N}"[..20]);

    /// <summary>Starts a cluster and waits until <c>up</c> says that it is ready.</summary>
    public static Task<LocalCluster> UpAsync(int silos, params IEnumerable<string> more) => UpAsync(silos, more, []);

    /// <summary>Starts a cluster with an environment and waits until <c>up</c> says that it is ready.</summary>
    public static async Task<LocalCluster> UpAsync(
        int silos,
        IEnumerable<string> more,
        IEnumerable<(string Name, string Value)> environment
    )
    {
        await s_starting.WaitAsync();
        try
        {
            return await StartAsync(silos, more, environment);
        }
        finally
        {
            s_starting.Release();
        }
    }

    /// <summary>Starts a cluster in a folder that may have been used before, and waits until <c>up</c> says that it is ready.</summary>
    public static async Task<LocalCluster> UpInAsync(string directory, int silos, params IEnumerable<string> more)
    {
        await s_starting.WaitAsync();
        try
        {
            return await StartAsync(silos, more, [], directory);
        }
        finally
        {
            s_starting.Release();
        }
    }

    private static async Task<LocalCluster> StartAsync(
        int silos,
        IEnumerable<string> more,
        IEnumerable<(string Name, string Value)> environment,
        string? used = null
    )
    {
        string directory = used ?? NewDirectory();
        RunningProgram console = RunningProgram.Start(
            Programs.Console,
            ["up", "--silos", silos.ToString(CultureInfo.InvariantCulture), "--port", Port(), "--data", directory, .. more],
            environment
        );
        LocalCluster cluster = new(directory, console);
        try
        {
            await Eventually.TrueAsync(
                () => console.HasExited || (Read(directory) is { } file && file.Supervisor.Pid == console.Id && file.Silos.Count == silos),
                () => console.Error,
                TimeSpan.FromSeconds(90),
                $"{silos} silos in cluster.json"
            );
            Assert.False(console.HasExited, console.Error);
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>Returns a first HTTP port that other clusters on this machine are unlikely to use.</summary>
    public static string Port() => Random.Shared.Next(9_000, 11_000).ToString(CultureInfo.InvariantCulture);

    public static ClusterFile? Read(string directory)
    {
        try
        {
            return JsonSerializer.Deserialize<ClusterFile>(
                File.ReadAllBytes(Path.Combine(directory, "cluster.json")),
                JsonSerializerOptions.Web
            );
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>Opens a client in this process.</summary>
    public Task<ClusterConnection> ConnectAsync()
    {
        ClusterFile file = Description();
        IPEndPoint[] gateways = [.. file.Silos.Select(s => IPEndPoint.Parse(s.Gateway!))];
        return ClusterConnection.OpenAsync(
            new ClusterAddress
            {
                Name = file.Silos[0].Gateway!,
                Gateways = client => client.UseStaticClustering(gateways),
                ClusterId = file.ClusterId,
                ServiceId = file.ServiceId,
                Secret = file.Secret,
                ConnectTimeout = TimeSpan.FromSeconds(20),
                RefusedTimeout = TimeSpan.FromSeconds(20),
            }
        );
    }

    /// <summary>Stops the cluster in order and leaves its folder.</summary>
    public async Task StopAsync()
    {
        Console.Signal(Signals.Terminate);
        await Console.ExitCodeAsync();
        await Console.DisposeAsync();
        _ended = true;
    }

    /// <summary>SIGKILL to the supervisor, the store and all silos, and leaves their folder.</summary>
    public async Task KillAsync()
    {
        // The store first, which would stop in order without its supervisor, and then that, which would start it again.
        foreach (ClusterFileProcess process in Description().Processes.OrderBy(p => p.Role == "silo").ThenBy(p => p.Role != "store"))
            Signals.Send(process.Pid, Signals.Kill);
        await ProcessTable.NoneNamingAsync(Directory, TimeSpan.FromSeconds(20));
        await Console.DisposeAsync();
        _ended = true;
    }

    public ClusterFile Description() => Read(Directory) ?? throw new InvalidOperationException($"{Directory} has no cluster.json.");

    public async ValueTask DisposeAsync()
    {
        if (!_ended && !Console.HasExited)
        {
            // Not Ctrl+C: who is started in the background by a script ignores it, and so does all that it starts.
            Console.Signal(Signals.Terminate);
            await Console.ExitCodeAsync();
        }

        if (!_ended)
            await Console.DisposeAsync();
        foreach ((int pid, _) in ProcessTable.Naming(Directory))
            Signals.Send(pid, Signals.Kill);
        if (Environment.GetEnvironmentVariable("ORLEANSWORK_FAULT_KEEP") != "1" && System.IO.Directory.Exists(Directory))
            System.IO.Directory.Delete(Directory, recursive: true);
    }
}

/// <summary>cluster.json, read as scripts read it.</summary>
internal sealed record ClusterFile(
    string ClusterId,
    string ServiceId,
    string Redis,
    string Url,
    string Key,
    string Secret,
    IReadOnlyList<ClusterFileProcess> Processes
)
{
    public IReadOnlyList<ClusterFileProcess> Silos => [.. Processes.Where(p => p.Role == "silo")];

    public ClusterFileProcess Store => Processes.Single(p => p.Role == "store");

    /// <summary>Makes a client that goes by HTTP to any of the silos, as the cluster's owner.</summary>
    public HttpComputeClient HttpClient() =>
        new(new HttpClusterAddress { Urls = [.. Silos.Select(silo => new Uri(silo.Http!))], Key = Key });

    public ClusterFileProcess Supervisor => Processes.Single(p => p.Role == "supervisor");
}

internal sealed record ClusterFileProcess(string Role, int Pid, string? Silo, string? Gateway, string? Http, string? Log, string? State);
