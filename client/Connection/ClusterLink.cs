namespace OrleansWork.Console.Connection;

/// <summary>A cluster that was reached. Dispose it to leave.</summary>
/// <param name="client">The way into it.</param>
/// <param name="connection">What to dispose of to leave: an <see cref="IAsyncDisposable"/> or <see cref="IDisposable"/>, or null.</param>
/// <param name="watch">Notices when it is stopped, or null.</param>
internal sealed class ClusterLink(IComputeClient client, object? connection = null, ClusterWatch? watch = null) : IAsyncDisposable
{
    public IComputeClient Client { get; } = client;

    /// <summary>Gets a token that is cancelled when the cluster is stopped.</summary>
    public CancellationToken Stopped => watch?.Stopped ?? CancellationToken.None;

    /// <summary>Gets what became of the cluster, once it is stopped.</summary>
    public string WhyStopped => watch?.Why ?? "";

    public async ValueTask DisposeAsync()
    {
        watch?.Dispose();
        if (connection is IAsyncDisposable leaving)
            await leaving.DisposeAsync();
        else if (connection is IDisposable left)
            left.Dispose();
    }
}
