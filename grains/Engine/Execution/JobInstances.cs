using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansWork.Protocol;
using OrleansWork.Scheduling.Failures;

namespace OrleansWork.Engine.Execution;

/// <summary>The instances of kinds on this silo: one for each job, whoever needs it, prepared once, and ended when nobody needs it any more.</summary>
/// <remarks>Safe for many threads.</remarks>
internal sealed class JobInstances(IUserCode userCode, IOptions<EngineOptions> options, TimeProvider time, ILogger<JobInstances> logger)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(string JobId, ulong Incarnation), Entry> _entries = [];
    private readonly HashSet<Task> _endings = [];
    private bool _isStopped;

    /// <summary>Gets how many there are.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
                return _entries.Count;
        }
    }

    /// <summary>Uses the instance of a job, which is made when there is none.</summary>
    /// <param name="jobId">The job.</param>
    /// <param name="incarnation">Which life of that id.</param>
    /// <param name="kind">Its kind.</param>
    /// <param name="input">Its input as canonical JSON.</param>
    public InstanceUse Use(string jobId, ulong incarnation, KindRuntime kind, ReadOnlyMemory<byte> input)
    {
        lock (_gate)
        {
            if (!_entries.TryGetValue((jobId, incarnation), out Entry? entry))
                _entries.Add((jobId, incarnation), entry = new Entry(jobId, incarnation, kind, input));
            entry.Users++;
            return new InstanceUse(this, entry);
        }
    }

    /// <summary>Cancels what is being prepared, and waits for the end of what nobody needs any more: the silo stops.</summary>
    public async Task StopAsync()
    {
        Entry[] entries;
        lock (_gate)
        {
            _isStopped = true;
            entries = [.. _entries.Values];
        }

        foreach (Entry entry in entries)
            await entry.Cancellation.CancelAsync();
        Task[] endings;
        lock (_gate)
            endings = [.. _endings];
        await Task.WhenAll(endings);
    }

    private Task PrepareAsync(Entry entry)
    {
        lock (_gate)
            return entry.Preparing ??= PrepareOnceAsync(entry);
    }

    private async Task PrepareOnceAsync(Entry entry)
    {
        CancellationToken token = entry.Cancellation.Token;
        using CancellationTokenSource timeout = new(options.Value.PrepareTimeout, time);
        using CancellationTokenRegistration registration = timeout.Token.Register(() =>
        {
            entry.TimedOut = true;
            entry.Cancellation.Cancel();
        });
        if (_isStopped)
            await entry.Cancellation.CancelAsync();
        try
        {
            await userCode.RunAsync(
                "Prepare",
                async () =>
                {
                    entry.Instance = entry.Kind.CreateInstance(entry.Input);
                    await entry.Instance.PrepareAsync(token);
                    return true;
                },
                CancellationToken.None
            );
            entry.IsPrepared = true;
        }
        catch (UserCodeException exception)
        {
            // Whoever tries again has an instance of his own, with nothing left of this one.
            Forget(entry);
            throw entry.TimedOut && exception.IsCancellation ? new UserCodeException(TimedOut(entry, "")) : exception;
        }
    }

    private FailureRecord TimedOut(Entry entry, string how) =>
        FailureRecords.Of(
            null,
            typeof(TimeoutException).FullName!,
            $"PrepareAsync of {entry.Kind.Descriptor.Name} did not end within {Duration.Format(options.Value.PrepareTimeout)} (PrepareTimeout){how}."
        );

    private void Forget(Entry entry)
    {
        lock (_gate)
        {
            if (_entries.GetValueOrDefault((entry.JobId, entry.Incarnation)) == entry)
                _entries.Remove((entry.JobId, entry.Incarnation));
        }
    }

    private void Leave(Entry entry)
    {
        lock (_gate)
        {
            if (--entry.Users > 0)
                return;
            if (_entries.GetValueOrDefault((entry.JobId, entry.Incarnation)) == entry)
                _entries.Remove((entry.JobId, entry.Incarnation));
        }

        Task ending = EndAsync(entry);
        lock (_gate)
            _endings.Add(ending);
        _ = ending.ContinueWith(
            over =>
            {
                lock (_gate)
                    _endings.Remove(over);
            },
            TaskScheduler.Default
        );
    }

    private async Task EndAsync(Entry entry)
    {
        if (entry.Preparing is { IsCompleted: false } preparing)
        {
            await entry.Cancellation.CancelAsync();
            await preparing.ContinueWith(static task => task.Exception, TaskScheduler.Default);
        }

        if (entry.Instance is not { } instance)
            return;
        try
        {
            await userCode.RunAsync(
                "Dispose",
                async () =>
                {
                    await instance.DisposeAsync();
                    return true;
                },
                CancellationToken.None
            );
        }
        catch (UserCodeException exception)
        {
            ComputePoolLog.DisposeFailed(logger, entry.JobId, exception.Failure.Type, exception.Failure.Message);
        }
    }

    /// <summary>Somebody's use of an instance; until it is disposed of, the instance lives.</summary>
    internal sealed class InstanceUse : IDisposable
    {
        private readonly JobInstances _owner;
        private readonly Entry _entry;
        private int _isOver;

        internal InstanceUse(JobInstances owner, Entry entry) => (_owner, _entry) = (owner, entry);

        /// <summary>Gets the instance, once it is prepared.</summary>
        public JobInstance Instance => _entry.Instance!;

        /// <summary>Gets whether it is prepared.</summary>
        public bool IsPrepared => _entry.IsPrepared;

        /// <summary>Gets what cancels its preparation: nobody wants it any more, or it takes too long.</summary>
        public CancellationToken Cancellation => _entry.Cancellation.Token;

        /// <summary>Has it prepared, if nobody has yet.</summary>
        /// <exception cref="UserCodeException">The kind's code threw, or took too long.</exception>
        public Task PrepareAsync() => _owner.PrepareAsync(_entry);

        /// <summary>Says what is told of a preparation that goes on though it was cancelled because it took too long.</summary>
        /// <param name="how">For how long it ignored that.</param>
        public FailureRecord TimedOut(string how) => _owner.TimedOut(_entry, how);

        /// <inheritdoc/>
        public void Dispose()
        {
            if (Interlocked.Exchange(ref _isOver, 1) == 0)
                _owner.Leave(_entry);
        }
    }

    internal sealed class Entry(string jobId, ulong incarnation, KindRuntime kind, ReadOnlyMemory<byte> input)
    {
        public string JobId { get; } = jobId;
        public ulong Incarnation { get; } = incarnation;
        public KindRuntime Kind { get; } = kind;
        public ReadOnlyMemory<byte> Input { get; } = input;
        public CancellationTokenSource Cancellation { get; } = new();
        public JobInstance? Instance { get; set; }
        public Task? Preparing { get; set; }
        public int Users { get; set; }
        public bool IsPrepared { get; set; }
        public bool TimedOut { get; set; }
    }
}
