namespace OrleansWork.Console.Connection;

/// <summary>Watches a cluster by its gateways, as the Orleans client sees them.</summary>
internal sealed class GatewayWatch(IReadOnlyList<string> gateways, TimeProvider time)
    : PortWatch(gateways, time),
        IClusterConnectionStatusObserver
{
    public void NotifyClusterConnectionLost() => Heard(isThere: false);

    public void NotifyGatewayCountChanged(int currentNumberOfGateways, int previousNumberOfGateways, bool connectionRecovered) =>
        Heard(currentNumberOfGateways > 0);
}
