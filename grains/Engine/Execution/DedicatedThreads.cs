using System.Collections.Concurrent;
using System.Diagnostics;

namespace OrleansWork.Engine.Execution;

/// <summary>A task scheduler with threads of its own, started as they are needed and never more than its bound.</summary>
/// <remarks>A thread that one piece of work keeps too long is replaced: <see cref="Replace"/>. It ends when the work does, if ever.</remarks>
internal sealed class DedicatedThreads : TaskScheduler, IDisposable
{
    private readonly BlockingCollection<Task> _work = [];
    private readonly string _name;
    private readonly int _most;
    private readonly Lock _gate = new();
    private readonly List<Worker> _workers = [];
    private int _started;
    private int _number;
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

    /// <summary>Has others do the work of those threads that one piece of work has kept for a while.</summary>
    /// <param name="after">How long a thread may be kept.</param>
    /// <param name="most">How many threads may be replaced at once.</param>
    /// <returns>How many threads are replaced at present.</returns>
    public int Replace(TimeSpan after, int most)
    {
        lock (_gate)
        {
            int replaced = _workers.Count(static worker => worker.IsReplaced);
            foreach (Worker worker in _workers)
            {
                if (replaced >= most)
                    break;
                long since = Volatile.Read(ref worker.BusySince);
                if (worker.IsReplaced || since == 0 || Stopwatch.GetElapsedTime(since) < after)
                    continue;
                worker.IsReplaced = true;
                replaced++;
                _started--;
            }

            for (int waiting = _work.Count - _idle; waiting > 0 && _started < _most; waiting--)
                StartThread();
            return replaced;
        }
    }

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
            StartThread();
        }
    }

    private void StartThread()
    {
        Worker worker = new();
        _workers.Add(worker);
        _started++;
        new Thread(() => Loop(worker)) { IsBackground = true, Name = $"{_name} {++_number}" }.Start();
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

    private void Loop(Worker worker)
    {
        while (!worker.IsReplaced)
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
            Volatile.Write(ref worker.BusySince, Stopwatch.GetTimestamp());
            TryExecuteTask(task!);
            Volatile.Write(ref worker.BusySince, 0);
        }

        lock (_gate)
            _workers.Remove(worker);
    }

    private sealed class Worker
    {
        public long BusySince;
        private volatile bool _isReplaced;

        public bool IsReplaced
        {
            get => _isReplaced;
            set => _isReplaced = value;
        }
    }
}
