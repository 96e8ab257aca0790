namespace OrleansWork.Engine.Execution;

/// <summary>Service threads: user code that belongs to no unit runs here and never waits for units.</summary>
internal sealed class UserCode(EngineOptions options) : IUserCode, IDisposable
{
    private readonly DedicatedThreads _threads = new("orleanswork service", options.ServiceThreads);

    /// <inheritdoc/>
    public Task<T> RunAsync<T>(string what, Func<T> work, CancellationToken cancellationToken) =>
        RunAsync(what, () => Task.FromResult(work()), cancellationToken);

    /// <inheritdoc/>
    public async Task<T> RunAsync<T>(string what, Func<Task<T>> work, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            return await _threads.RunAsync(work);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception exception)
        {
            int most = options.MaxErrorTextBytes;
            throw new UserCodeException(FailureRecords.From(exception, -1, most).At(what, most));
        }
    }

    /// <summary>Has other threads do the work of those that one call has kept for a while; at most so many that the silo would give up slots.</summary>
    public void ReplaceKeptThreads() => _threads.Replace(options.AbandonAfter, options.EffectiveMaxAbandonedSlots);

    /// <inheritdoc/>
    public void Dispose() => _threads.Dispose();
}
