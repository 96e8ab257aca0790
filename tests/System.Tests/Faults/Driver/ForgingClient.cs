using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Orleans.Hosting;

namespace OrleansWork.SystemTests.Faults.Driver;

/// <summary>An Orleans client that somebody wrote for themselves, with this product's grain interfaces.</summary>
internal sealed class ForgingClient : IAsyncDisposable
{
    private readonly IHost _host;

    private ForgingClient(IHost host) => _host = host;

    public IClusterClient Client => _host.Services.GetRequiredService<IClusterClient>();

    /// <summary>Connects within ten seconds.</summary>
    /// <returns>Null when it was not let in.</returns>
    public static async Task<ForgingClient?> ConnectAsync(string endPoint, string clusterId, string serviceId, string? secret)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Logging.SetMinimumLevel(LogLevel.None);
        builder.UseOrleansClient(client =>
        {
            client.UseStaticClustering(IPEndPoint.Parse(endPoint));
            client.Configure<ClusterOptions>(options => (options.ClusterId, options.ServiceId) = (clusterId, serviceId));
            client.UseConnectionRetryFilter(
                async (_, cancellationToken) =>
                {
                    await Task.Delay(500, cancellationToken);
                    return true;
                }
            );
            if (secret is not null)
                client.UseClusterSecret(secret);
        });
        IHost host = builder.Build();
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(10));
        try
        {
            await host.StartAsync(limit.Token).WaitAsync(limit.Token);
            return new ForgingClient(host);
        }
        catch (Exception)
        {
            // What is left of an attempt that hangs ends with the tests.
            _ = Task.Run(host.Dispose, CancellationToken.None);
            return null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(2));
        await _host.StopAsync(limit.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _host.Dispose();
    }
}
