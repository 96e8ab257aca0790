using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Hosting;
using Orleans.Hosting;
using Orleans.Runtime;
using OrleansWork.Engine.Hosting;
using Xunit;

namespace OrleansWork.Engine.Tests.Hosting;

public sealed class ListeningPortsTests
{
    [Theory, InlineData(true), InlineData(false)]
    public async Task Start_WhereAnotherSharesThePort_SaysWhichPortIsTaken(bool isSiloPort)
    {
        using Socket other = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

        // As Orleans opens its own: any other of the user may then listen there too.
        other.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        other.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        other.Listen();
        int taken = ((IPEndPoint)other.LocalEndPoint!).Port;
        int free = FreePort();
        HostApplicationBuilder builder = Host.CreateApplicationBuilder();
        builder.UseOrleans(silo =>
        {
            silo.UseLocalhostClustering(isSiloPort ? taken : free, isSiloPort ? free : taken);
            silo.AddMemoryGrainStorage("jobs");
            silo.AddOrleansWork();
        });
        using IHost host = builder.Build();

        OrleansConfigurationException refusal = await Assert.ThrowsAsync<OrleansConfigurationException>(() =>
            host.StartAsync(TestContext.Current.CancellationToken)
        );
        Assert.Contains(
            $"The silo's {(isSiloPort ? "silo" : "gateway")} port is taken: another silo or program listens on 127.0.0.1:{taken}",
            refusal.Message,
            StringComparison.Ordinal
        );
    }

    private static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
