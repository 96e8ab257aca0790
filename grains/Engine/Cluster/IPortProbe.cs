using System.Net;

namespace OrleansWork.Engine.Cluster;

/// <summary>Asks whether somebody listens at an address.</summary>
internal interface IPortProbe
{
    /// <summary>Connects, and closes the connection at once.</summary>
    Task<PortAnswer> AskAsync(IPEndPoint endPoint, CancellationToken cancellationToken);
}
