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
