using System.Diagnostics;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Configuration;

namespace OrleansWork.ConnectionFaults;

/// <summary>Hears of a host that is being built and puts the faults into its connections to and from other silos.</summary>
internal sealed class HostListener(FaultRules rules) : IObserver<DiagnosticListener>, IObserver<KeyValuePair<string, object?>>
{
    /// <inheritdoc/>
    public void OnNext(DiagnosticListener value)
    {
        if (value.Name == "Microsoft.Extensions.Hosting")
            value.Subscribe(this);
    }

    /// <inheritdoc/>
    public void OnNext(KeyValuePair<string, object?> value)
    {
        if (value is { Key: "HostBuilding", Value: IHostBuilder host })
            host.ConfigureServices(services => services.Configure<SiloConnectionOptions>(Configure));
    }

    /// <inheritdoc/>
    public void OnCompleted()
    {
        // Listeners end with the process.
    }

    /// <inheritdoc/>
    public void OnError(Exception error)
    {
        // Nothing to give up.
    }

    private void Configure(SiloConnectionOptions options)
    {
        options.ConfigureSiloInboundConnection(builder => builder.Use(next => connection => RunAsync(connection, isOutbound: false, next)));
        options.ConfigureSiloOutboundConnection(builder => builder.Use(next => connection => RunAsync(connection, isOutbound: true, next)));
    }

    private async Task RunAsync(ConnectionContext connection, bool isOutbound, ConnectionDelegate next)
    {
        using FaultyTransport faulty = new(connection, rules, isOutbound);
        await faulty.RunAsync(next);
    }
}
