using Microsoft.Extensions.Time.Testing;
using OrleansWork.Engine.Security;
using Xunit;

namespace OrleansWork.Engine.Tests.Security;

public sealed class UnprovedConnectionsTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task Enter_MoreThanThereIsRoomFor_TheOldestGoes()
    {
        UnprovedConnections unproved = new(_time);
        UnprovedConnections.Entry[] entries =
        [
            .. Enumerable.Range(0, UnprovedConnections.Most + 3).Select(_ => unproved.Enter(TimeSpan.FromSeconds(8))),
        ];
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(UnprovedConnections.Most, unproved.Count);
        foreach (UnprovedConnections.Entry gone in entries[..3])
            await EndedAsync(gone);
        Assert.All(entries[..3], entry => Assert.True(entry.WasCrowdedOut));
        Assert.All(entries[3..], entry => Assert.False(entry.WasCrowdedOut || entry.Ended.IsCancellationRequested));
        foreach (UnprovedConnections.Entry entry in entries)
            entry.Dispose();
        Assert.Equal(0, unproved.Count);
    }

    [Fact]
    public async Task Enter_ItsTimeIsOver_IsEnded()
    {
        UnprovedConnections unproved = new(_time);
        using UnprovedConnections.Entry entry = unproved.Enter(TimeSpan.FromSeconds(8));
        _time.Advance(TimeSpan.FromSeconds(7));
        Assert.False(entry.Ended.IsCancellationRequested);
        _time.Advance(TimeSpan.FromSeconds(2));
        await EndedAsync(entry);
        Assert.False(entry.WasCrowdedOut);
    }

    [Fact]
    public void LogLimit_ManyInAMoment_LetsOneThroughAndCountsTheOthers()
    {
        LogLimit limit = new(_time);
        Assert.Equal([(true, 0), (false, 0), (false, 1)], Enumerable.Range(0, 3).Select(_ => (limit.TryTake(out int count), count)));
        _time.Advance(TimeSpan.FromSeconds(11));
        Assert.True(limit.TryTake(out int suppressed));
        Assert.Equal(2, suppressed);
    }

    private static async Task EndedAsync(UnprovedConnections.Entry entry)
    {
        TaskCompletionSource ended = new();
        await using CancellationTokenRegistration _ = entry.Ended.Register(() => ended.TrySetResult());
        await ended.Task.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
    }
}
