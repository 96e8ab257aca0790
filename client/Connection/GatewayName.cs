using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace OrleansWork.Console.Connection;

/// <summary>A gateway as users write it: <c>host:port</c>.</summary>
internal static class GatewayName
{
    /// <summary>Splits host and port; an IPv6 address is written in brackets.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out string? host, out int port)
    {
        host = null;
        int colon = text.LastIndexOf(':');
        if (
            colon <= 0
            || !int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out port)
            || port is < 1 or > IPEndPoint.MaxPort
        )
        {
            port = 0;
            return false;
        }

        host = text[..colon].Trim('[', ']');
        return host.Length > 0 && Uri.CheckHostName(host) != UriHostNameType.Unknown;
    }

    /// <summary>Finds the addresses of a gateway.</summary>
    /// <exception cref="RequestException">The host's name is not known.</exception>
    public static async Task<IReadOnlyList<IPEndPoint>> ResolveAsync(string text, CancellationToken cancellationToken)
    {
        if (!TryParse(text, out string? host, out int port))
            throw new UsageException($"'{text}' is not host:port.");
        if (IPAddress.TryParse(host, out IPAddress? address))
            return [new IPEndPoint(address, port)];
        try
        {
            IPAddress[] addresses = await Dns.GetHostAddressesAsync(host, cancellationToken);
            return [.. addresses.Select(found => new IPEndPoint(found, port))];
        }
        catch (SocketException exception)
        {
            throw new ClusterUnreachableException(
                $"No cluster reached at {text}: the name {host} is not known ({exception.SocketErrorCode}).",
                innerException: exception
            );
        }
    }
}
