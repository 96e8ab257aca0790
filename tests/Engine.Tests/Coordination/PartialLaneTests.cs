using CsCheck;
using OrleansWork.Engine.Coordination;
using OrleansWork.Engine.Execution;
using OrleansWork.Scheduling.Coordination;
using OrleansWork.Scheduling.Ledger;
using Xunit;

namespace OrleansWork.Engine.Tests.Coordination;

/// <summary>What a lane enters of the kind's code, and when it may.</summary>
public sealed class PartialLaneTests : ILaneGate, ILaneGuard
{
    private readonly SumStore _store = new();
    private readonly List<string> _told = [];
    private readonly List<PartialLane> _later = [];
    private bool _isFree = true;

    bool ILaneGuard.IsQuiet => _isFree;

    [Fact]
    public async Task Gate_CombineWaitsUntilItIsLetIn_AndFinishIsAskedForByItself()
    {
        PartialLane lane = new(_store, new Inline(), _ => { }, gate: this);
        lane.Put(1, [1]);
        lane.Put(2, [2]);
        lane.Combine(1, 2, 3);
        Task<ResultPayload> finishing = lane.FinishAsync(3);
        Assert.Equal(["wants Combine"], _told);
        Assert.Equal(0, _store.Combined);
        await Assert.ThrowsAsync<LaneWaitsException>(() => lane.EncodeAsync([1]));

        lane.Enter();
        await UntilAsync(() => _told.Count == 3);
        Assert.Equal(["wants Combine", "left", "wants Finish"], _told);
        Assert.Equal(1, _store.Combined);
        Assert.False(finishing.IsCompleted);

        lane.Enter();
        Assert.Equal([3], (await finishing).Content);
    }

    [Fact]
    public async Task Gate_ReadingPartialsThatNothingWaitsBefore_IsNotAskedFor()
    {
        PartialLane lane = new(_store, new Inline(), _ => { }, gate: this);
        lane.Put(1, [7]);
        Assert.Equal([7], (await lane.EncodeAsync([1]))[1]);
        Assert.Empty(_told);
    }

    [Fact]
    public async Task Gate_ReadingBehindWhatIsOnlyAskedForLater_DoesNotWaitForIt()
    {
        OnDemand service = new();
        PartialLane lane = new(_store, service, _ => { }, gate: this);
        lane.Put(1, [1]);
        lane.Put(2, [2]);
        Task first = lane.EncodeAsync([1]);
        lane.Combine(1, 2, 3);
        Task<Dictionary<long, byte[]>> second = lane.EncodeAsync([3]);
        Assert.Empty(_told);

        // The gate is opened by a write, and the write that reads would be in its way.
        service.Go();
        await first;
        await Assert.ThrowsAsync<LaneWaitsException>(() =>
            second.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken)
        );
        Assert.Equal(["wants Combine"], _told);

        lane.Enter();
        service.Go();
        await UntilAsync(() => _told.Count == 2);
        Task<Dictionary<long, byte[]>> third = lane.EncodeAsync([3]);
        service.Go();
        Assert.Equal([3], (await third)[3]);
    }

    [Fact]
    public void Gate_WhateverIsDoneWhen_NoReadingWaitsForItAndAllIsCombined() =>
        Gen.Int[0, 9]
            .List[1, 60]
            .Sample(
                steps =>
                {
                    SynchronizationContext? before = SynchronizationContext.Current;
                    Turns turns = new();
                    SynchronizationContext.SetSynchronizationContext(turns);
                    PartialLaneTests gate = new();
                    OnDemand service = new();
                    PartialLane lane = new(gate._store, service, failure => Assert.Fail(failure.Message), gate);
                    List<Task> readings = [];
                    Queue<long> handles = [];
                    long last = 0;
                    foreach (int step in steps)
                    {
                        switch (step)
                        {
                            case < 3:
                                lane.Put(++last, [1]);
                                handles.Enqueue(last);
                                break;
                            case < 5 when handles.Count > 1:
                                lane.Combine(handles.Dequeue(), handles.Dequeue(), ++last);
                                handles.Enqueue(last);
                                break;
                            case < 7 when handles.Count > 0:
                                readings.Add(lane.EncodeAsync([handles.Peek()]));
                                break;
                            case 7 when lane.WaitsForGate:
                                lane.Enter();
                                break;
                            case > 7:
                                service.GoOne();
                                break;
                        }

                        turns.Go();
                        Assert.True(!lane.WaitsForGate || readings.TrueForAll(static reading => reading.IsCompleted));
                    }

                    for (int turn = 0; turn < steps.Count * 3; turn++)
                    {
                        service.Go();
                        turns.Go();
                        if (lane.WaitsForGate)
                            lane.Enter();
                    }

                    SynchronizationContext.SetSynchronizationContext(before);
                    Assert.All(readings, static reading => Assert.True(reading.IsCompleted));
                    Assert.Equal(handles.Count, gate._store.Count);
                },
                threads: 1
            );

    [Fact]
    public async Task Dispose_ReadingThatWaits_IsCanceled()
    {
        _isFree = false;
        PartialLane lane = new(_store, new Inline(), _ => { }, gate: null, guard: this);
        lane.Put(1, [1]);
        lane.Put(2, [2]);
        lane.Combine(1, 2, 3);
        Task reading = lane.EncodeAsync([3]);
        await lane.DisposeAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            reading.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken)
        );
    }

    [Fact]
    public async Task Guard_SiloDoesNotLetIt_GoesOnWhenItDoes()
    {
        _isFree = false;
        PartialLane lane = new(_store, new Inline(), _ => { }, gate: null, guard: this);
        lane.Put(1, [1]);
        lane.Put(2, [2]);
        lane.Combine(1, 2, 3);
        Task<Dictionary<long, byte[]>> encoding = lane.EncodeAsync([3]);
        Assert.Single(_later);
        Assert.Equal(0, _store.Combined);
        lane.Retry();
        Assert.Equal(2, _later.Count);

        _isFree = true;
        lane.Retry();
        Assert.Equal([3], (await encoding)[3]);
        Assert.Equal(_told.Count(told => told == "enters"), _told.Count(told => told == "leaves"));
    }

    void ILaneGate.Wanted(KindStep step) => _told.Add($"wants {step}");

    void ILaneGate.Left() => _told.Add("left");

    bool ILaneGuard.TryEnter()
    {
        if (_isFree)
            _told.Add("enters");
        return _isFree;
    }

    void ILaneGuard.Leave() => _told.Add("leaves");

    void ILaneGuard.Later(PartialLane lane) => _later.Add(lane);

    private static async Task UntilAsync(Func<bool> condition)
    {
        for (int i = 0; i < 1_000 && !condition(); i++)
            await Task.Yield();
        Assert.True(condition());
    }

    private sealed class Inline : IUserCode
    {
        public Task<T> RunAsync<T>(string what, Func<T> work, CancellationToken cancellationToken) => Task.FromResult(work());

        public Task<T> RunAsync<T>(string what, Func<Task<T>> work, CancellationToken cancellationToken) => work();
    }

    /// <summary>Runs what it is given when it is told to.</summary>
    private sealed class OnDemand : IUserCode
    {
        private readonly Queue<Action> _work = new();

        public void Go()
        {
            while (GoOne()) { }
        }

        public bool GoOne()
        {
            bool some = _work.TryDequeue(out Action? work);
            work?.Invoke();
            return some;
        }

        public Task<T> RunAsync<T>(string what, Func<T> work, CancellationToken cancellationToken)
        {
            TaskCompletionSource<T> done = new();
            SynchronizationContext? caller = SynchronizationContext.Current;
            _work.Enqueue(() =>
            {
                // What runs there leaves its thread clean.
                T result = work();
                SynchronizationContext.SetSynchronizationContext(caller);
                done.SetResult(result);
            });
            return done.Task;
        }

        public Task<T> RunAsync<T>(string what, Func<Task<T>> work, CancellationToken cancellationToken) => work();
    }

    /// <summary>Continues what waited, one at a time, when it is told to: as a grain does.</summary>
    private sealed class Turns : SynchronizationContext
    {
        private readonly Queue<(SendOrPostCallback Work, object? State)> _posted = new();

        public override void Post(SendOrPostCallback d, object? state) => _posted.Enqueue((d, state));

        public void Go()
        {
            while (_posted.TryDequeue(out (SendOrPostCallback Work, object? State) posted))
                posted.Work(posted.State);
        }
    }

    private sealed class SumStore : PartialStore
    {
        private readonly Dictionary<long, byte> _values = [];

        public int Combined { get; private set; }

        public override int Count => _values.Count;

        public override CombineFinding Combining { get; } = new();

        public override void Put(long handle, byte[] bytes) => _values[handle] = bytes[0];

        public override void Combine(long left, long right, long result)
        {
            Combined++;
            _values.Remove(left, out byte one);
            _values.Remove(right, out byte other);
            _values[result] = (byte)(one + other);
        }

        public override void Drop(long handle) => _values.Remove(handle);

        public override byte[] Encode(long handle) => [_values[handle]];

        public override string? FindGrouping(IReadOnlyList<(UnitRange Units, byte[] Bytes)> neighbours) => null;

        public override ResultPayload Finish(long? handle) => new([_values[handle!.Value]], "application/octet-stream");
    }
}
