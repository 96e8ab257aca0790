using System.Text.Json;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Orleans.Runtime;

namespace OrleansWork.Silo.Hosting;

/// <summary>The one line on standard output by which a silo says where it is.</summary>
internal static class ReadyLine
{
    /// <summary>Makes <c>ready {"silo":…,"gateway":…,"http":…,"pid":…}</c>.</summary>
    public static string Of(IServiceProvider services)
    {
        ILocalSiloDetails details = services.GetRequiredService<ILocalSiloDetails>();
        string? http = UrlOf(services);
        string json = JsonSerializer.Serialize(
            new
            {
                silo = details.SiloAddress.ToParsableString(),
                gateway = details.GatewayAddress?.Endpoint.ToString(),
                http,
                pid = Environment.ProcessId,
            }
        );
        return "ready " + json;
    }

    /// <summary>Returns where HTTP answers; null where it does not.</summary>
    public static string? UrlOf(IServiceProvider services) =>
        services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()?.Addresses.FirstOrDefault();
}
