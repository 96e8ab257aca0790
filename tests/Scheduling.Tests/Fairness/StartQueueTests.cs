using CsCheck;
using OrleansWork.Scheduling.Fairness;
using Xunit;

namespace OrleansWork.Scheduling.Tests.Fairness;

public sealed class StartQueueTests
{
    private readonly StartQueue _queue = new();

    [Fact]
    public void TakeNext_ByPriorityThenAgeThenId()
    {
        _queue.Add("young", 0, 20);
        _queue.Add("old", 0, 10);
        _queue.Add("b", 5, 30);
        _queue.Add("a", 5, 30);
        Assert.Equal(["a", "b", "old"], _queue.TakeNext(3));
        Assert.Empty(_queue.TakeNext(3));
        _queue.Remove("b");
        Assert.Equal(["young"], _queue.TakeNext(3));
    }

    [Fact]
    public void Add_OneThatRunsOrWaits_StaysAsItIs()
    {
        _queue.Add("first", 0, 10);
        _queue.Add("second", 0, 20);
        _queue.Add("second", 9, 0);
        Assert.Equal(["first"], _queue.TakeNext(1));
        _queue.Add("first", 9, 0);
        Assert.Equal((1, 1), (_queue.Running.Count, _queue.WaitingCount));
    }

    [Fact]
    public void Prioritize_OneThatWaits_HasThePlaceOfItsNewPriority()
    {
        _queue.Add("first", 0, 10);
        _queue.Add("second", 0, 20);
        _queue.Add("third", 4, 30);
        _queue.Prioritize("second", 9);
        _queue.Prioritize("third", 0);
        _queue.Prioritize("none", 9);
        Assert.Equal(["second", "first"], _queue.TakeNext(2));
        _queue.Prioritize("second", 0);
        Assert.Equal(["third"], _queue.TakeNext(3));
        Assert.Equal((3, 0), (_queue.Running.Count, _queue.WaitingCount));
    }

    /// <summary>Beside a list that is sorted whenever somebody asks.</summary>
    [Fact]
    public void AnyHistory_IsThatOfASortedList() =>
        Gen.Select(Gen.Int[0, 3], Gen.Int[0, 9], Gen.Int[-2, 2], Gen.Int[0, 3], Gen.Int[0, 5])
            .Array[0, 60]
            .Sample(history =>
            {
                StartQueue queue = new();
                List<(int Priority, long Ticks, string Id)> waiting = [];
                HashSet<string> running = [];
                foreach ((int what, int number, int priority, int ticks, int limit) in history)
                {
                    string id = "aB-.b_A1z0"[..(number + 1)];
                    switch (what)
                    {
                        case 0:
                            queue.Add(id, priority, ticks);
                            if (!running.Contains(id) && !waiting.Exists(job => job.Id == id))
                                waiting.Add((priority, ticks, id));
                            break;
                        case 1:
                            queue.Remove(id);
                            running.Remove(id);
                            waiting.RemoveAll(job => job.Id == id);
                            break;
                        case 2:
                            queue.Prioritize(id, priority);
                            waiting = [.. waiting.Select(job => job.Id == id ? job with { Priority = priority } : job)];
                            break;
                        default:
                            string[] next =
                            [
                                .. waiting
                                    .OrderByDescending(job => job.Priority)
                                    .ThenBy(job => job.Ticks)
                                    .ThenBy(job => job.Id, StringComparer.Ordinal)
                                    .Select(job => job.Id)
                                    .Take(Math.Max(0, limit - running.Count)),
                            ];
                            Assert.Equal(next, queue.TakeNext(limit));
                            waiting.RemoveAll(job => next.Contains(job.Id));
                            running.UnionWith(next);
                            break;
                    }

                    Assert.Equal(running.Order(), queue.Running.Order());
                    Assert.Equal(waiting.Count, queue.WaitingCount);
                    string[] order =
                    [
                        .. waiting
                            .OrderByDescending(job => job.Priority)
                            .ThenBy(job => job.Ticks)
                            .ThenBy(job => job.Id, StringComparer.Ordinal)
                            .Select(job => job.Id),
                    ];
                    Assert.All(order, (job, before) => Assert.Equal(before, queue.CountBefore(job)));
                    Assert.All(running, job => Assert.Null(queue.CountBefore(job)));
                    Assert.All(running, job => Assert.True(queue.IsRunning(job)));
                }
            });
}
