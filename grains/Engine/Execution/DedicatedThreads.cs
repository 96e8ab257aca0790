using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;

namespace OrleansWork.Engine.Execution;

/// <summary>A task scheduler with threads of its own: so many of them run at once as it is wide, and those that wait do not count.</summary>
/// <remarks>
/// Code that blocks a thread for what only another piece of work can bring, as with <c>.Result</c> in asynchronous code, would keep all threads for
/// ever. So while work is queued, threads that wait are made up for by others, as the runtime does for its own pool when it sees a task waited for;
/// here, whatever they wait in. Threads that neither wait nor take work for half a second are made up for too, one at a time: they may wait outside of
/// the runtime. What was added goes when it is no longer needed. A piece of work starts and leaves its thread clean: see <see cref="CleanContext"/>.
/// </remarks>
internal sealed class DedicatedThreads : TaskScheduler, IDisposable
{
    private static readonly TimeSpan LookPeriod = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan StandstillAfter = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan KeepSurplusFor = TimeSpan.FromSeconds(2);
    private readonly BlockingCollection<Task> _work = [];
    private readonly string _name;
    private readonly int _width;
    private readonly int _most;
    private readonly Lock _gate = new();
    private readonly ManualResetEventSlim _look = new();
    private readonly ManualResetEventSlim _ending = new();
    private readonly List<Worker> _workers = [];
    private int _started;
    private int _number;
    private int _idle;
    private int _surplus;
    private long _taken;
    private bool _isWatched;

    /// <summary>Makes a scheduler without threads; they start with the work.</summary>
    /// <param name="name">What its threads are called.</param>
    /// <param name="width">How many threads run at once.</param>
    /// <param name="added">How many more there may be while others wait.</param>
    public DedicatedThreads(string name, int width, int added)
    {
        _name = name;
        _width = width;
        _most = width + added;
    }

    /// <inheritdoc/>
    public override int MaximumConcurrencyLevel => _width;

    /// <summary>Gets how many threads there are.</summary>
    public int Threads => Volatile.Read(ref _started);

    /// <summary>Returns how many threads one piece of work has kept for longer than that.</summary>
    public int CountKept(TimeSpan longerThan)
    {
        lock (_gate)
            return _workers.Count(worker => worker.BusyFor() is { } busy && busy > longerThan);
    }

    /// <summary>Runs asynchronous work whose continuations stay on these threads.</summary>
    public Task<T> RunAsync<T>(Func<Task<T>> work) =>
        Task
            .Factory.StartNew(() => CleanContext.RunAsync(work), CancellationToken.None, TaskCreationOptions.DenyChildAttach, this)
            .Unwrap();

    /// <summary>Lets the threads end after what is queued.</summary>
    public void Dispose()
    {
        _work.CompleteAdding();
        _ending.Set();
    }

    /// <inheritdoc/>
    protected override void QueueTask(Task task)
    {
        if (!TryAdd(task))
        {
            // After disposal only continuations of work that is under way come here; they must still end somewhere.
            ThreadPool.UnsafeQueueUserWorkItem(_ => TryExecuteTask(task), null);
            return;
        }

        if (Volatile.Read(ref _idle) >= _work.Count)
            return;
        lock (_gate)
        {
            if (_idle >= _work.Count)
                return;
            if (_started < _width)
                StartThread();
            else
                Watch();
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

    private void StartThread()
    {
        Worker worker = new();
        _workers.Add(worker);
        _started++;
        worker.Thread = new Thread(() => Loop(worker)) { IsBackground = true, Name = $"{_name} {++_number}" };
        worker.Thread.UnsafeStart();
    }

    private void Loop(Worker worker)
    {
        CleanContext.Enter();
        while (TryTake(worker, out Task? task))
        {
            worker.Begin();
            Interlocked.Increment(ref _taken);
            TryExecuteTask(task);
            CleanContext.Enter();
            worker.End();
        }
    }

    /// <summary>Waits for work.</summary>
    /// <returns>False when the thread is to end.</returns>
    private bool TryTake(Worker worker, [NotNullWhen(true)] out Task? task)
    {
        task = null;
        while (Volatile.Read(ref _surplus) == 0 || !TryLeave(worker))
        {
            Interlocked.Increment(ref _idle);
            try
            {
                bool isAdded = Volatile.Read(ref _started) > _width;
                if (_work.TryTake(out task, isAdded ? (int)KeepSurplusFor.TotalMilliseconds : Timeout.Infinite))
                    return true;
            }
            catch (ThreadInterruptedException)
            {
                // By something that user code left behind.
                continue;
            }
            finally
            {
                Interlocked.Decrement(ref _idle);
            }

            if (_work.IsCompleted || TryLeave(worker))
                return false;
        }

        return false;
    }

    private bool TryLeave(Worker worker)
    {
        lock (_gate)
        {
            if (_started <= _width)
                return false;
            _surplus = Math.Max(0, _surplus - 1);
            _started--;
            return _workers.Remove(worker);
        }
    }

    private void Watch()
    {
        _look.Set();
        if (_isWatched)
            return;
        _isWatched = true;
        new Thread(WatchLoop) { IsBackground = true, Name = $"{_name} watch" }.UnsafeStart();
    }

    /// <summary>Looks at the threads until nothing is queued and none has been added.</summary>
    private void WatchLoop()
    {
        long takenBefore = -1;
        long movedAt = Stopwatch.GetTimestamp();
        long fullSince = 0;
        int addedBefore = 0;
        bool isQueued = true;
        while (true)
        {
            // With nothing queued only what was added has to go again.
            if (isQueued)
                _ending.Wait(LookPeriod);
            else
                _look.Wait(KeepSurplusFor / 4);
            _look.Reset();
            long taken = Interlocked.Read(ref _taken);
            if (taken != takenBefore)
                movedAt = Stopwatch.GetTimestamp();
            takenBefore = taken;
            lock (_gate)
            {
                isQueued = _work.Count > Volatile.Read(ref _idle);
                if (!isQueued && (_started <= _width || _ending.IsSet))
                {
                    _isWatched = false;
                    return;
                }

                int running = _started - CountWaiting();
                if (isQueued && running < _width)
                    addedBefore = Add(Math.Min(Math.Max(_width - running, 2 * addedBefore), _work.Count));
                else if (isQueued && Stopwatch.GetElapsedTime(movedAt) >= StandstillAfter)
                    (addedBefore, movedAt) = (Add(1), Stopwatch.GetTimestamp());
                else if (!isQueued)
                    addedBefore = 0;

                // A thread that goes on after its wait is one too many only if it stays so.
                if (running <= _width)
                    fullSince = 0;
                else if (fullSince == 0)
                    fullSince = Stopwatch.GetTimestamp();
                bool isSurplus = fullSince != 0 && Stopwatch.GetElapsedTime(fullSince) >= KeepSurplusFor;
                Volatile.Write(ref _surplus, isSurplus ? running - _width : 0);
            }
        }
    }

    private int Add(int threads)
    {
        int added = Math.Min(threads, _most - _started);
        for (int i = 0; i < added; i++)
            StartThread();
        return added;
    }

    /// <summary>Counts the threads that have waited in the same piece of work since the last look.</summary>
    private int CountWaiting()
    {
        int waiting = 0;
        foreach (Worker worker in _workers)
        {
            if (worker.WaitsSinceLastLook())
                waiting++;
        }

        return waiting;
    }

    private sealed class Worker
    {
        private long _busySince;
        private long _seenSince;
        private bool _waited;

        public Thread? Thread { get; set; }

        public void Begin() => Volatile.Write(ref _busySince, Stopwatch.GetTimestamp());

        public void End() => Volatile.Write(ref _busySince, 0);

        public TimeSpan? BusyFor() => Volatile.Read(ref _busySince) is var since and not 0 ? Stopwatch.GetElapsedTime(since) : null;

        /// <summary>Looks whether the thread waits, in a way that the runtime knows of.</summary>
        public bool WaitsSinceLastLook()
        {
            long since = Volatile.Read(ref _busySince);
            bool waits = since != 0 && Thread is { } thread && thread.ThreadState.HasFlag(System.Threading.ThreadState.WaitSleepJoin);
            bool both = waits && _waited && since == _seenSince;
            (_waited, _seenSince) = (waits, since);
            return both;
        }
    }
}
