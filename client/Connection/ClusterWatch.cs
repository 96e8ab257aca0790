namespace OrleansWork.Console.Connection;

/// <summary>Notices that a cluster is stopped, which no call to it would say: it would be repeated until its time is over.</summary>
internal abstract class ClusterWatch : IDisposable
{
    private readonly CancellationTokenSource _stopped = new();

    /// <summary>Gets a token that is cancelled when the cluster is stopped.</summary>
    public CancellationToken Stopped => _stopped.Token;

    /// <summary>Gets what became of it, once it is stopped.</summary>
    public string Why { get; private set; } = "";

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
        if (disposing)
            _stopped.Dispose();
    }

    /// <summary>Says what became of the cluster; only the first word counts.</summary>
    protected void End(string why)
    {
        if (Why.Length > 0)
            return;
        Why = why;
        try
        {
            _stopped.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // Nobody waits any more.
        }
    }
}
