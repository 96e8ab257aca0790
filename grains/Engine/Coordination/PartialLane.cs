using System.Diagnostics;
using OrleansWork.Engine.Execution;

namespace OrleansWork.Engine.Coordination;

/// <summary>
/// Carries out the operations on a job's partials in the order they were asked for: in the caller's turn while combining is known to be cheap,
/// on service threads otherwise.
/// </summary>
/// <remarks>Every method is called from the coordinator's turns; <paramref name="failed"/> is called back there.</remarks>
internal sealed class PartialLane(PartialStore store, IUserCode userCode, Action<UserCodeException> failed) : IAsyncDisposable
{
    private const int SamplesBeforeInline = 64;
    private static readonly long SlowCombineTicks = Stopwatch.Frequency / 50_000;

    private readonly Queue<Operation> _waiting = new();
    private Task _draining = Task.CompletedTask;
    private bool _isDraining;
    private bool _isHeld;
    private bool _isBroken;
    private int _samples;
    private int _slow;

    /// <summary>Gets whether combining runs in the caller's turn: its 99th percentile is below 20 µs.</summary>
    public bool IsInline => _samples >= SamplesBeforeInline && _slow * 100 <= _samples;

    /// <summary>Collects what is asked for until <see cref="Release"/>, so that a turn goes into user code once for all of it.</summary>
    public void Hold() => _isHeld = true;

    /// <summary>Carries out what was collected.</summary>
    public void Release()
    {
        _isHeld = false;
        if (_waiting.Count > 0)
            Go();
    }

    /// <summary>Keeps the bytes of a partial.</summary>
    public void Put(long handle, byte[] bytes) => Do(new Operation(OperationKind.Put, handle, 0, 0, bytes, null));

    /// <summary>Combines two partials under a new handle.</summary>
    public void Combine(long left, long right, long result) => Do(new Operation(OperationKind.Combine, left, right, result, null, null));

    /// <summary>Copies a partial under a new handle.</summary>
    public void Copy(long handle, long copy) => Do(new Operation(OperationKind.Copy, handle, 0, copy, null, null));

    /// <summary>Forgets a partial.</summary>
    public void Drop(long handle) => Do(new Operation(OperationKind.Drop, handle, 0, 0, null, null));

    /// <summary>Returns the bytes of partials as they are at this place in the order.</summary>
    public async Task<Dictionary<long, byte[]>> EncodeAsync(IReadOnlyList<long> handles)
    {
        Dictionary<long, byte[]> encoded = new(handles.Count);
        if (handles.Count == 0)
            return encoded;
        await CallAsync(partials =>
        {
            foreach (long handle in handles)
                encoded[handle] = partials.Encode(handle);
        });
        return encoded;
    }

    /// <summary>Makes the result.</summary>
    public async Task<ResultPayload> FinishAsync(long? handle)
    {
        ResultPayload? result = null;
        await CallAsync(partials => result = partials.Finish(handle));
        return result!;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _isBroken = true;
        _waiting.Clear();
        await _draining;

        // Nobody waits for the end of the kind's instance: it is user code, and may take its time or throw.
        _ = userCode.RunAsync(
            "Dispose",
            async () =>
            {
                await store.DisposeAsync();
                return true;
            },
            CancellationToken.None
        );
    }

    private async Task CallAsync(Action<PartialStore> call)
    {
        TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Do(new Operation(OperationKind.Call, 0, 0, 0, null, new Call(call, done)));
        await done.Task;
    }

    private void Do(Operation operation)
    {
        if (_isBroken)
        {
            operation.Call?.Done.TrySetCanceled();
            return;
        }

        _waiting.Enqueue(operation);
        if (!_isHeld)
            Go();
    }

    private void Go()
    {
        if (_isDraining)
            return;
        RunWhatIsOurs();
        if (_waiting.Count > 0 && RunsInline(_waiting.Peek()))
        {
            try
            {
                CleanContext.Run(static lane => lane.RunInline(), this);
            }
            catch (Exception exception)
            {
                Fail(UserCodeFailures.Of("Combine", exception));
            }
        }

        if (_waiting.Count > 0)
        {
            _isDraining = true;
            _draining = DrainAsync();
        }
    }

    private bool RunsInline(in Operation operation) => IsOurs(operation) || (IsInline && operation.Kind != OperationKind.Call);

    private static bool IsOurs(in Operation operation) => operation.Kind is OperationKind.Put or OperationKind.Drop;

    /// <summary>Carries out what enters no user code, and needs nothing to be as that expects it.</summary>
    private void RunWhatIsOurs()
    {
        while (_waiting.TryPeek(out Operation operation) && IsOurs(operation))
            Run(_waiting.Dequeue());
    }

    private void RunInline()
    {
        while (_waiting.TryPeek(out Operation operation) && RunsInline(operation))
        {
            Run(_waiting.Dequeue());
            if (!IsOurs(operation))
                CleanContext.Enter();
        }
    }

    private async Task DrainAsync()
    {
        try
        {
            while (_waiting.Count > 0 && !_isBroken)
            {
                Operation[] batch = [.. _waiting];
                _waiting.Clear();
                await userCode.RunAsync(
                    "Combine",
                    () =>
                    {
                        foreach (Operation operation in batch)
                        {
                            Run(operation);
                            CleanContext.Enter();
                        }

                        return true;
                    },
                    CancellationToken.None
                );
            }
        }
        catch (UserCodeException exception)
        {
            Fail(exception);
        }
        finally
        {
            _isDraining = false;
        }
    }

    private void Fail(UserCodeException exception)
    {
        if (_isBroken)
            return;
        _isBroken = true;
        foreach (Operation operation in _waiting)
            operation.Call?.Done.TrySetCanceled();
        _waiting.Clear();
        failed(exception);
    }

    private void Run(Operation operation)
    {
        switch (operation.Kind)
        {
            case OperationKind.Put:
                store.Put(operation.Left, operation.Bytes!);
                break;
            case OperationKind.Drop:
                store.Drop(operation.Left);
                break;
            case OperationKind.Copy:
                store.Put(operation.Result, store.Encode(operation.Left));
                break;
            case OperationKind.Combine:
                long started = Stopwatch.GetTimestamp();
                store.Combine(operation.Left, operation.Right, operation.Result);
                Sample(Stopwatch.GetTimestamp() - started);
                break;
            default:
                operation.Call!.Run(store);
                break;
        }
    }

    /// <summary>Keeps a window that halves, so that a kind whose partials grow leaves the turn soon.</summary>
    private void Sample(long ticks)
    {
        _samples++;
        if (ticks > SlowCombineTicks)
            _slow++;
        if (_samples >= 1024)
        {
            _samples /= 2;
            _slow /= 2;
        }
    }

    private enum OperationKind
    {
        Put,
        Combine,
        Copy,
        Drop,
        Call,
    }

    private readonly record struct Operation(OperationKind Kind, long Left, long Right, long Result, byte[]? Bytes, Call? Call);

    private sealed class Call(Action<PartialStore> work, TaskCompletionSource done)
    {
        public TaskCompletionSource Done { get; } = done;

        public void Run(PartialStore store)
        {
            try
            {
                work(store);
                Done.TrySetResult();
            }
            catch (Exception exception)
            {
                Done.TrySetException(UserCodeFailures.Of("Finish", exception));
            }
        }
    }
}
