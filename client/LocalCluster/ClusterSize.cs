using System.IO.Pipes;

namespace OrleansWork.Console.LocalCluster;

/// <summary>The size to which a local cluster is brought.</summary>
/// <param name="Silos">How many silos it is to have, 1 to 64.</param>
/// <param name="DrainTime">How long what runs on a silo that goes may take to end before it is handed to the others.</param>
internal sealed record ClusterSize(int Silos, TimeSpan DrainTime);
