using System.Collections.Concurrent;

namespace OrleansWork.Engine.Execution;

/// <summary>A task scheduler with threads of its own, started as they are needed and never more than its bound.</summary>
internal sealed class DedicatedThreads : TaskScheduler, IDisposable
{
    private readonly BlockingCollection<Task> _work = [];
    private readonly string _name;
    private readonly int _most;
    private readonly Lock _gate = new();
    private int _started;
    private int _idle;

    public DedicatedThreads(string name, int most)
    {
        _name = name;
        _most = most;
    }

    /// <inheritdoc/>
    public override int MaximumConcurrencyLevel => _most;

    /// <summary>Runs asynchronous work whose continuations stay on these threads.</summary>
    public Task<T> RunAsync<T>(Func<Task<T>> work) =>
        Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.DenyChildAttach, this).Unwrap();

    /// <summary>Runs asynchronous work whose continuations stay on these threads.</summary>
    public Task RunAsync(Func<Task> work) =>
        Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.DenyChildAttach, this).Unwrap();

    /// <summary>Lets the threads end after what is queued.</summary>
    public void Dispose() => _work.CompleteAdding();

    /// <inheritdoc/>
    protected override void QueueTask(Task task)
    {
        if (!TryAdd(task))
        {
            // After disposal only continuations of work that is under way come here; they must still end somewhere.
            ThreadPool.UnsafeQueueUserWorkItem(_ => TryExecuteTask(task), null);
            return;
        }

        if (Volatile.Read(ref _started) == _most || Volatile.Read(ref _idle) >= _work.Count)
            return;
        lock (_gate)
        {
            if (_started == _most || _idle >= _work.Count)
                return;
            _started++;
            new Thread(Loop) { IsBackground = true, Name = $"{_name} {_started}" }.Start();
        }
    }

    /// <inheritdoc/>
    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) =>
        Current == this && !taskWasPreviouslyQueued && TryExecuteTask(task);

    /// <inheritdoc/>
    protected override IEnumerable<Task> GetScheduledTasks() => _work.ToArray();

    private bool TryAdd(Task task)
    {
        try
        {
            return _work.TryAdd(task);
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    private void Loop()
    {
        while (true)
        {
            Interlocked.Increment(ref _idle);
            bool taken;
            Task? task;
            try
            {
                taken = _work.TryTake(out task, Timeout.Infinite);
            }
            finally
            {
                Interlocked.Decrement(ref _idle);
            }

            if (!taken)
                return;
            TryExecuteTask(task!);
        }
    }
}
