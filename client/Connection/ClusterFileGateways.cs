using System.Net;
using Orleans.Messaging;
using OrleansWork.Console.LocalCluster;

namespace OrleansWork.Console.Connection;

/// <summary>Finds the gateways of a local cluster in the file that its supervisor keeps true, and finds them again when silos come back.</summary>
internal sealed class ClusterFileGateways(string directory) : IGatewayListProvider
{
    public TimeSpan MaxStaleness => TimeSpan.FromSeconds(5);

    public bool IsUpdatable => true;

    public Task InitializeGatewayListProvider() => Task.CompletedTask;

    public Task<IList<Uri>> GetGateways()
    {
        List<Uri> gateways = [];
        foreach (string gateway in ClusterDescription.Read(directory)?.Gateways ?? [])
        {
            if (IPEndPoint.TryParse(gateway, out IPEndPoint? endpoint))
                gateways.Add(new Uri($"gwy.tcp://{endpoint}/0"));
        }

        return Task.FromResult<IList<Uri>>(gateways);
    }
}
