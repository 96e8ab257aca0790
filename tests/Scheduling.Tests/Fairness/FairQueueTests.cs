using CsCheck;
using OrleansWork.Scheduling.Fairness;
using Xunit;

namespace OrleansWork.Scheduling.Tests.Fairness;

public sealed class FairQueueTests
{
    [Fact]
    public void OneJob_IsServedInOrder()
    {
        FairQueue<int> queue = new();
        FairQueue<int>.Flow flow = new();
        for (int i = 0; i < 100; i++)
            queue.Enqueue(flow, i);
        Assert.Equal(Enumerable.Range(0, 100), Drain(queue));
        Assert.Equal((0, 0), (queue.Count, queue.ActiveFlows));
    }

    [Fact]
    public void NewJob_WhileAnotherSaturates_IsServedNextButOne()
    {
        FairQueue<string> queue = new();
        (FairQueue<string>.Flow a, FairQueue<string>.Flow b) = (new(), new());
        for (int i = 0; i < 1000; i++)
        {
            queue.Enqueue(a, "a");
            if (i < 100)
                Serve(queue, _ => 50_000);
        }

        queue.Enqueue(b, "b");
        List<string> next = [Serve(queue, _ => 50_000)!, Serve(queue, _ => 50_000)!];
        Assert.Contains("b", next);
    }

    [Theory]
    [InlineData(1, 1, 1_000, 1_000)]
    [InlineData(1, 3, 1_000, 1_000)]
    [InlineData(1, 1, 50_000, 100)]
    [InlineData(2, 5, 10_000, 50_000)]
    [InlineData(10, 1, 5_000, 5_000)]
    public void TwoJobs_GetTimeInProportionToWeight(int weightA, int weightB, long microsA, long microsB)
    {
        FairQueue<char> queue = new();
        FairQueue<char>.Flow a = new() { Weight = weightA };
        FairQueue<char>.Flow b = new() { Weight = weightB };
        Dictionary<char, long> time = new() { ['a'] = 0, ['b'] = 0 };
        for (int i = 0; i < 50; i++)
        {
            queue.Enqueue(a, 'a');
            queue.Enqueue(b, 'b');
        }

        while (time['a'] + time['b'] < 60_000_000)
        {
            char served = Serve(queue, job => job == 'a' ? microsA : microsB);
            time[served] += served == 'a' ? microsA : microsB;
            queue.Enqueue(served == 'a' ? a : b, served);
        }

        double wanted = weightA / (double)(weightA + weightB);
        Assert.InRange(time['a'] / (double)(time['a'] + time['b']), wanted - 0.03, wanted + 0.03);
    }

    [Fact]
    public void JobThatRanAlone_OwesNothingToALaterOne()
    {
        FairQueue<char> queue = new();
        (FairQueue<char>.Flow a, FairQueue<char>.Flow b) = (new(), new());
        for (int i = 0; i < 1000; i++)
        {
            queue.Enqueue(a, 'a');
            Serve(queue, _ => 1_000_000);
        }

        for (int i = 0; i < 20; i++)
        {
            queue.Enqueue(a, 'a');
            queue.Enqueue(b, 'b');
        }

        char[] served = [.. Enumerable.Range(0, 20).Select(_ => Serve(queue, _ => 50_000))];
        Assert.InRange(served.Count(job => job == 'a'), 7, 13);
    }

    [Fact]
    public void JobThatReturns_StillOwesWhatItTook()
    {
        FairQueue<char> queue = new();
        (FairQueue<char>.Flow a, FairQueue<char>.Flow b) = (new(), new());
        queue.Enqueue(a, 'a');
        for (int i = 0; i < 100; i++)
            queue.Enqueue(b, 'b');
        List<char> served = [];
        while (!served.Contains('a'))
            served.Add(Serve(queue, job => job == 'a' ? 500_000 : 10_000));
        Serve(queue, _ => 10_000);
        for (int i = 0; i < 10; i++)
            queue.Enqueue(a, 'a');
        Assert.All(Enumerable.Range(0, 30), _ => Assert.Equal('b', Serve(queue, _ => 10_000)));
    }

    [Fact]
    public void JobThatWasIdle_HoardsNoTurns()
    {
        FairQueue<char> queue = new();
        (FairQueue<char>.Flow a, FairQueue<char>.Flow b) = (new(), new());
        for (int i = 0; i < 100; i++)
        {
            queue.Enqueue(b, 'b');
            queue.Enqueue(b, 'b');
            queue.Enqueue(a, 'a');
            for (int j = 0; j < 3; j++)
                Serve(queue, job => job == 'a' ? 1 : 10_000);
        }

        for (int i = 0; i < 50; i++)
        {
            queue.Enqueue(a, 'a');
            queue.Enqueue(b, 'b');
        }

        char[] next = [.. Enumerable.Range(0, 20).Select(_ => Serve(queue, _ => 10_000))];
        Assert.InRange(next.Count(job => job == 'a'), 7, 13);
    }

    [Fact]
    public void TryDequeue_ItemsThatTakeTheSame_AreChargedThat()
    {
        FairQueue<int> queue = new();
        FairQueue<int>.Flow flow = new();
        for (int i = 0; i < 40; i++)
        {
            queue.Enqueue(flow, i);
            Serve(queue, _ => 50_000);
        }

        queue.Enqueue(flow, 40);
        Assert.True(queue.TryDequeue(out _, out _, out long charged));
        Assert.InRange(charged, 49_900, 50_000);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void New_WithoutAQuantum_IsRefused(long quantumMicros) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new FairQueue<int>(quantumMicros));

    [Fact]
    public void OneVeryLongItem_LocksItsJobOutForABoundedTime()
    {
        FairQueue<char> queue = new();
        (FairQueue<char>.Flow a, FairQueue<char>.Flow b) = (new(), new());
        for (int i = 0; i < 2000; i++)
        {
            queue.Enqueue(a, 'a');
            queue.Enqueue(b, 'b');
        }

        bool first = true;
        int beforeA = 0;
        while (true)
        {
            char served = Serve(queue, job => job == 'a' && first ? 3_600_000_000 : 10_000);
            if (served == 'a' && !first)
                break;
            first &= served != 'a';
            beforeA += first ? 0 : 1;
        }

        // An hour is forgiven down to the bound of a second per weight.
        Assert.InRange(beforeA, 1, 200);
    }

    [Fact]
    public void AnyHistory_ServesEveryItemOnceAndInOrderWithinItsJob() =>
        Gen.Select(Gen.Int[0, 9], Gen.Int[1, 100_000], Gen.Bool)
            .Array[0, 2_000]
            .Sample(steps =>
            {
                FairQueue<(int Job, int Number)> queue = new();
                FairQueue<(int Job, int Number)>.Flow[] flows =
                [
                    .. Enumerable.Range(0, 10).Select(i => new FairQueue<(int, int)>.Flow { Weight = i + 1 }),
                ];
                int[] queued = new int[10];
                int[] served = new int[10];
                foreach ((int job, int micros, bool enqueue) in steps)
                {
                    if (enqueue)
                        queue.Enqueue(flows[job], (job, queued[job]++));
                    else if (queue.TryDequeue(out var flow, out (int Job, int Number) item, out long charged))
                        Check(flow, item, charged, micros);
                    Assert.Equal(queued.Sum() - served.Sum(), queue.Count);
                }

                while (queue.TryDequeue(out var flow, out (int Job, int Number) item, out long charged))
                    Check(flow, item, charged, 1);
                Assert.Equal(queued, served);

                void Check(FairQueue<(int, int)>.Flow flow, (int Job, int Number) item, long charged, int micros)
                {
                    Assert.Same(flows[item.Job], flow);
                    Assert.Equal(served[item.Job]++, item.Number);
                    queue.Settle(flow, charged, micros);
                }
            });

    private static T? Serve<T>(FairQueue<T> queue, Func<T, long> micros)
    {
        if (!queue.TryDequeue(out FairQueue<T>.Flow flow, out T item, out long charged))
            return default;
        queue.Settle(flow, charged, micros(item));
        return item;
    }

    private static List<T> Drain<T>(FairQueue<T> queue)
    {
        List<T> items = [];
        while (queue.TryDequeue(out _, out T item, out _))
            items.Add(item);
        return items;
    }
}
