using System.Net;
using System.Net.Sockets;

namespace OrleansWork.Silo.Settings;

/// <summary>The ports of the silo, free when they were looked at.</summary>
/// <param name="Silo">Where other silos call.</param>
/// <param name="Gateway">Where Orleans clients call.</param>
internal sealed record SiloPorts(int Silo, int Gateway)
{
    /// <summary>Takes the ports of the settings, or free ones for 0, and makes sure that nothing listens there.</summary>
    /// <exception cref="PortTakenException">Something does.</exception>
    public static SiloPorts Take(SiloSettings settings)
    {
        foreach (Uri url in settings.Urls.Where(u => u.Port != 0))
            Probe($"{SettingKeys.Section}:Urls", url.Port);
        return new(
            Probe($"{SettingKeys.Section}:SiloPort", settings.SiloPort),
            Probe($"{SettingKeys.Section}:GatewayPort", settings.GatewayPort)
        );
    }

    private static int Probe(string key, int port)
    {
        using TcpListener listener = new(IPAddress.Loopback, port);
        try
        {
            listener.Start();
            return ((IPEndPoint)listener.LocalEndpoint).Port;
        }
        catch (SocketException exception) when (exception.SocketErrorCode is SocketError.AddressAlreadyInUse or SocketError.AccessDenied)
        {
            throw new PortTakenException(
                exception.SocketErrorCode == SocketError.AddressAlreadyInUse
                    ? $"Port {port} ({key}) is taken on 127.0.0.1: another silo or program listens there. Choose another port, or 0 for a free one."
                    : $"Port {port} ({key}) may not be opened by this user. Choose one above 1023, or 0 for a free one."
            );
        }
    }
}
