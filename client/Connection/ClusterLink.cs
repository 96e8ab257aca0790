using Microsoft.Extensions.Hosting;
using Orleans.Clustering.Redis;
using Orleans.Hosting;
using Orleans.Messaging;
using StackExchange.Redis;

namespace OrleansWork.Console.Connection;

/// <summary>A cluster that was reached. Dispose it to leave.</summary>
internal sealed class ClusterLink(IComputeClient client, IAsyncDisposable? connection = null, ClusterWatch? watch = null) : IAsyncDisposable
{
    public IComputeClient Client { get; } = client;

    /// <summary>Gets a token that is cancelled when the cluster is stopped.</summary>
    public CancellationToken Stopped => watch?.Stopped ?? CancellationToken.None;

    /// <summary>Gets what became of the cluster, once it is stopped.</summary>
    public string WhyStopped => watch?.Why ?? "";

    public async ValueTask DisposeAsync()
    {
        watch?.Dispose();
        if (connection is not null)
            await connection.DisposeAsync();
    }
}
