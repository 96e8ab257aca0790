using OrleansWork.Console.Output;

namespace OrleansWork.Console.Commands;

/// <summary>Where a local cluster is: its addresses, or the document that cluster.json holds, without what only that file is to hold.</summary>
internal static class ClusterOutput
{
    public static void Write(Terminal terminal, ILocalCluster cluster, bool json)
    {
        if (json)
        {
            terminal.WriteDocument(cluster.Description with { Redis = cluster.Description.StoreAddress, Key = null, Secret = null });
            return;
        }

        foreach ((string name, string address) in cluster.Addresses)
            terminal.Print($"{name, -8} {address}");
    }
}
