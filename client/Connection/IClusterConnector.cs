namespace OrleansWork.Console.Connection;

/// <summary>Reaches clusters; tests put another in its place.</summary>
internal interface IClusterConnector
{
    /// <summary>Reaches a cluster: within ten seconds or the time that the settings say, or, where this process keeps it, within
    /// little more than a minute.</summary>
    /// <exception cref="RequestException">It was not reached, or was stopped meanwhile.</exception>
    Task<ClusterLink> ConnectAsync(ConnectionSettings settings, CancellationToken cancellationToken);
}
