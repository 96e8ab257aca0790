using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Runtime;

namespace OrleansWork.Engine.Hosting;

/// <summary>Refuses to start a silo on ports where another process listens: sockets of Orleans share a port with any other of the same user, and each gets
/// some of the connections that were meant for the other.</summary>
internal sealed class ListeningPorts(IOptions<EndpointOptions> options) : ILifecycleParticipant<ISiloLifecycle>
{
    /// <inheritdoc/>
    public void Participate(ISiloLifecycle observer) =>
        observer.Subscribe(nameof(ListeningPorts), ServiceLifecycleStage.First, cancellation => Task.Run(Check, cancellation));

    private void Check()
    {
        EndpointOptions endpoints = options.Value;
        if (endpoints.SiloPort != 0)
            Check("silo", endpoints.SiloListeningEndpoint ?? new IPEndPoint(Address(endpoints), endpoints.SiloPort));
        if (endpoints.GatewayPort != 0)
            Check("gateway", endpoints.GatewayListeningEndpoint ?? new IPEndPoint(Address(endpoints), endpoints.GatewayPort));
    }

    private static IPAddress Address(EndpointOptions endpoints) => endpoints.AdvertisedIPAddress ?? IPAddress.Loopback;

    private static void Check(string what, IPEndPoint endpoint)
    {
        using TcpListener listener = new(endpoint);
        try
        {
            listener.Start();
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            throw new OrleansConfigurationException(
                $"The silo's {what} port is taken: another silo or program listens on {endpoint}. Give this silo ports of its own.",
                exception
            );
        }
        catch (SocketException)
        {
            // Whatever else is wrong with the address, Orleans says.
        }
    }
}
