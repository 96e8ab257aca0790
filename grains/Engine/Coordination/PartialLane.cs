using System.Diagnostics;
using OrleansWork.Engine.Execution;
using OrleansWork.Scheduling.Coordination;

namespace OrleansWork.Engine.Coordination;

/// <summary>
/// Carries out the operations on a job's partials in the order they were asked for: in the caller's turn while combining is known to be cheap,
/// on service threads otherwise.
/// </summary>
/// <remarks>Every method is called from the coordinator's turns; <paramref name="failed"/> is called back there.</remarks>
/// <param name="store">The partials.</param>
/// <param name="userCode">Where the kind's code runs that may take its time.</param>
/// <param name="failed">Takes the failure of the kind's code.</param>
/// <param name="gate">Is asked before the kind's code is entered; null where it may be at any time.</param>
/// <param name="guard">Says whether the kind's code may be entered just now, where no gate does; null for always.</param>
internal sealed class PartialLane(
    PartialStore store,
    IUserCode userCode,
    Action<UserCodeException> failed,
    ILaneGate? gate = null,
    ILaneGuard? guard = null
) : IAsyncDisposable
{
    private const int SamplesBeforeInline = 64;
    private static readonly long SlowCombineTicks = Stopwatch.Frequency / 50_000;

    private readonly Queue<Operation> _waiting = new();
    private Task _draining = Task.CompletedTask;
    private bool _isDraining;
    private bool _isHeld;
    private bool _hasAsked;
    private bool _isEntered;
    private KindStep _asked;
    private bool _waitsForSilo;
    private bool _isInSilo;
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

    /// <summary>Gets whether something waits for the gate.</summary>
    public bool WaitsForGate => _hasAsked && !_isEntered;

    /// <summary>Enters the step that the gate was asked for: what waits is carried out.</summary>
    public void Enter()
    {
        _isEntered = true;
        Go();
        LeaveIfDone();
    }

    /// <summary>Goes on where the silo did not let it.</summary>
    public void Retry()
    {
        _waitsForSilo = false;
        if (!_isBroken)
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
    /// <exception cref="LaneWaitsException">What comes before waits for the gate, which a write opens: the write that reads would be in its way.</exception>
    public async Task<Dictionary<long, byte[]>> EncodeAsync(IReadOnlyList<long> handles)
    {
        if (WaitsForGate)
            throw new LaneWaitsException();
        Dictionary<long, byte[]> encoded = new(handles.Count);
        if (handles.Count == 0)
            return encoded;
        await CallAsync(
            step: null,
            partials =>
            {
                foreach (long handle in handles)
                    encoded[handle] = partials.Encode(handle);
            }
        );
        return encoded;
    }

    /// <summary>Makes the result.</summary>
    public async Task<ResultPayload> FinishAsync(long? handle)
    {
        ResultPayload? result = null;
        await CallAsync(KindStep.Finish, partials => result = partials.Finish(handle));
        return result!;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Break();
        await _draining;
    }

    private async Task CallAsync(KindStep? step, Action<PartialStore> call)
    {
        TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Do(new Operation(OperationKind.Call, 0, 0, 0, null, new Call(step, call, done)));
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
        if (_waiting.TryPeek(out Operation next) && !MayRun(next))
        {
            Ask(next);
            return;
        }

        bool isQuiet = guard is null or { IsQuiet: true };
        if (_waiting.Count > 0 && isQuiet && RunsInline(next))
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

        if (_waiting.TryPeek(out next) && MayRun(next) && MayEnter(next))
        {
            _isDraining = true;
            _draining = DrainAsync();
        }
    }

    /// <summary>Enters the kind's code as far as the silo is concerned; where it does not let it, that is tried again.</summary>
    private bool MayEnter(in Operation next)
    {
        if (IsLetIn(next))
            return true;
        if (guard!.TryEnter())
            return _isInSilo = true;
        if (!_waitsForSilo)
            guard.Later(this);
        _waitsForSilo = true;
        return false;
    }

    private bool IsLetIn(in Operation operation) => guard is null || _isInSilo || StepOf(operation) is null;

    private static KindStep? StepOf(in Operation operation) =>
        IsOurs(operation) ? null
        : operation.Call is { } call ? call.Step
        : KindStep.Combine;

    /// <summary>Says whether an operation may be carried out: it enters no user code that the gate has not let in.</summary>
    private bool MayRun(in Operation operation) => gate is null || StepOf(operation) is not { } step || (_isEntered && step == _asked);

    private void Ask(in Operation next)
    {
        if (_isEntered || _hasAsked)
            return;
        (_hasAsked, _asked) = (true, StepOf(next)!.Value);
        foreach (Operation operation in _waiting)
        {
            if (operation.Call is { Step: null } reading)
                reading.Done.TrySetException(new LaneWaitsException());
        }

        gate!.Wanted(_asked);
    }

    /// <summary>Leaves the step once nothing waits, or what does is another.</summary>
    private void LeaveIfDone()
    {
        if (!_isEntered || _isDraining || _isBroken)
            return;
        (_isEntered, _hasAsked) = (false, false);
        gate!.Left();
        if (_waiting.Count > 0)
            Go();
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
        while (_waiting.TryPeek(out Operation operation) && RunsInline(operation) && MayRun(operation))
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
            while (_waiting.TryPeek(out Operation first) && MayRun(first) && IsLetIn(first) && !_isBroken)
            {
                Operation[] batch = TakeBatch();
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
            if (_isInSilo)
                guard!.Leave();
            _isInSilo = false;
            LeaveIfDone();
            if (!_isBroken && _waiting.Count > 0)
                Go();
        }
    }

    /// <summary>Takes what waits; behind a gate up to where the next step begins, which is asked for by itself.</summary>
    private Operation[] TakeBatch()
    {
        List<Operation> batch = [];
        while (_waiting.TryPeek(out Operation next) && MayRun(next) && IsLetIn(next))
            batch.Add(_waiting.Dequeue());
        return [.. batch];
    }

    private void Fail(UserCodeException exception)
    {
        if (_isBroken)
            return;
        Break();
        failed(exception);
    }

    private void Break()
    {
        _isBroken = true;
        foreach (Operation operation in _waiting)
            operation.Call?.Done.TrySetCanceled();
        _waiting.Clear();
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

    private sealed class Call(KindStep? step, Action<PartialStore> work, TaskCompletionSource done)
    {
        /// <summary>Gets the step of the kind's code that it is; null for reading partials.</summary>
        public KindStep? Step { get; } = step;

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
