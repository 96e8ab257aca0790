using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Hosting;
using OrleansWork.Jobs;

namespace OrleansWork.Benchmarks;

/// <summary>Silos for measuring: one in this process that coordinates, others in processes of their own that work.</summary>
internal sealed class BenchmarkSilo : IAsyncDisposable
{
    private readonly IHost _host;
    private readonly List<Process> _workers = [];

    private BenchmarkSilo(IHost host) => _host = host;

    public IServiceProvider Services => _host.Services;

    public IGrainFactory Grains => Services.GetRequiredService<IGrainFactory>();

    public IComputeClient Client => Services.GetRequiredService<IComputeClient>();

    public SiloAddress Address => Services.GetRequiredService<ILocalSiloDetails>().SiloAddress;

    public IReadOnlyList<Process> Workers => _workers;

    /// <summary>Starts the coordinating silo and the working ones, and waits until all know each other.</summary>
    public static async Task<BenchmarkSilo> StartAsync(int workers, bool mergeLeases, int valueCheckInterval = 1024)
    {
        int membershipPort = FreePort();
        IHost host = Build(membershipPort, membershipPort, "coordinator", mergeLeases, valueCheckInterval);
        await host.StartAsync();
        BenchmarkSilo silo = new(host);
        for (int worker = 0; worker < workers; worker++)
        {
            ProcessStartInfo start = new(Environment.ProcessPath!) { RedirectStandardInput = true, UseShellExecute = false };
            start.ArgumentList.Add("worker");
            start.ArgumentList.Add(membershipPort.ToString());
            start.ArgumentList.Add(FreePort().ToString());
            start.ArgumentList.Add(valueCheckInterval.ToString());
            silo._workers.Add(Process.Start(start)!);
        }

        Stopwatch waited = Stopwatch.StartNew();
        while ((await silo.Client.ListSilosAsync()).Count(known => known.State == "active" && known.Kinds.Count > 0) < workers + 1)
        {
            if (waited.Elapsed > TimeSpan.FromSeconds(60))
                throw new TimeoutException("The silos did not find each other within a minute.");
            await Task.Delay(50);
        }

        return silo;
    }

    /// <summary>Runs one working silo until its standard input ends.</summary>
    public static async Task<int> RunWorkerAsync(int membershipPort, int port, int valueCheckInterval)
    {
        using IHost host = Build(membershipPort, port, "remote", mergeLeases: true, valueCheckInterval);
        await host.StartAsync();
        await Console.In.ReadToEndAsync();
        await host.StopAsync();
        return 0;
    }

    /// <summary>Submits a job whose coordinator is this silo and waits for its end.</summary>
    public async Task<JobStatus> RunAsync(string kind, string input, JobOptions options)
    {
        RequestContext.Set(IPlacementDirector.PlacementHintKey, Address);
        JobHandle job = await Client.SubmitAsync(kind, System.Text.Encoding.UTF8.GetBytes(input), options);
        RequestContext.Remove(IPlacementDirector.PlacementHintKey);
        return (await job.ResultAsync()).Status;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (Process worker in _workers)
        {
            worker.StandardInput.Close();
            using CancellationTokenSource patience = new(TimeSpan.FromSeconds(15));
            try
            {
                await worker.WaitForExitAsync(patience.Token);
            }
            catch (OperationCanceledException)
            {
                worker.Kill();
            }

            worker.Dispose();
        }

        await _host.StopAsync();
        _host.Dispose();
    }

    private static IHost Build(int membershipPort, int port, string label, bool mergeLeases, int valueCheckInterval)
    {
        HostApplicationBuilder builder = Host.CreateApplicationBuilder();
        builder.Logging.SetMinimumLevel(LogLevel.None);
        builder.UseOrleans(silo =>
        {
            silo.UseLocalhostClustering(port, FreePort(), new IPEndPoint(IPAddress.Loopback, membershipPort));
            silo.AddMemoryGrainStorage("jobs");
            silo.AddOrleansWork(options =>
                {
                    options.Engine(engine =>
                    {
                        engine.Slots = 1;
                        engine.ValueCheckInterval = valueCheckInterval;
                        engine.Labels[label] = "yes";
                    });
                    options.Coordinator(coordinator => coordinator.MergeLeases = mergeLeases);
                })
                .AddJobsFrom(typeof(Synthetic).Assembly)
                .AddJob<Uneven>()
                .AddJob<Tallies>();
            silo.Services.AddOrleansWorkClient();
        });
        return builder.Build();
    }

    private static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
