using OrleansWork.Console.Connection;
using OrleansWork.Console.LocalCluster;

namespace OrleansWork.Console.Commands;

/// <summary>A cluster of processes on this machine; disposing one that ends with this process stops it.</summary>
internal interface ILocalCluster : IAsyncDisposable
{
    /// <summary>Gets its directory.</summary>
    string Directory { get; }

    /// <summary>Gets where clients find it.</summary>
    ConnectionSettings Connection { get; }

    /// <summary>Gets the addresses to print, each with its name.</summary>
    IReadOnlyList<(string Name, string Address)> Addresses { get; }

    /// <summary>Gets the document that describes its processes.</summary>
    ClusterDescription Description { get; }

    /// <summary>Gets or sets whether a throw-away cluster leaves its directory behind, because its logs may be wanted.</summary>
    bool KeepLogs { get; set; }

    /// <summary>Waits until someone asked it to end from outside.</summary>
    /// <exception cref="StartFailedException">It cannot go on.</exception>
    Task WaitAsync(CancellationToken cancellationToken);
}
