namespace OrleansWork.Engine.Execution;

/// <summary>Service threads: user code that belongs to no unit runs here and never waits for units.</summary>
internal sealed class UserCode(EngineOptions options, TimeProvider? time = null) : IUserCode, IDisposable
{
    /// <summary>Gets what user code may have changed of the process, or null where that is not the silo's to put back.</summary>
    public ProcessState? Process { get; } = options.OwnsProcess ? new ProcessState(time ?? TimeProvider.System) : null;

    private readonly DedicatedThreads _threads = new("orleanswork service", options.ServiceThreads, options.MaxAddedThreads);

    /// <inheritdoc/>
    public Task<T> RunAsync<T>(string what, Func<T> work, CancellationToken cancellationToken) =>
        RunAsync(what, () => Task.FromResult(work()), cancellationToken);

    /// <inheritdoc/>
    public async Task<T> RunAsync<T>(string what, Func<Task<T>> work, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            return await _threads.RunAsync(Process is null ? work : () => RunAndPutBackAsync(work));
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception exception)
        {
            int most = options.MaxErrorTextBytes;
            throw new UserCodeException(FailureRecords.From(exception, null, most).At(what, most))
            {
                IsCancellation = Cancellation.Is(exception),
            };
        }
    }

    private async Task<T> RunAndPutBackAsync<T>(Func<Task<T>> work)
    {
        Process!.PutBack();
        try
        {
            return await work();
        }
        finally
        {
            Process.PutBack();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _threads.Dispose();
}
