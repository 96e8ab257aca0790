using OrleansWork.Console.Commands;

namespace OrleansWork.Console.Output;

/// <summary>Where a local cluster is: its addresses, or the document that cluster.json holds.</summary>
internal static class ClusterOutput
{
    public static void Write(Terminal terminal, ILocalCluster cluster, bool json)
    {
        if (json)
        {
            terminal.WriteDocument(cluster.Description);
            return;
        }

        foreach ((string name, string address) in cluster.Addresses)
            terminal.Print($"{name, -8} {address}");
    }
}
