using CsCheck;
using OrleansWork.Scheduling.Sizing;
using Xunit;

namespace OrleansWork.Scheduling.Tests.Sizing;

public sealed class YieldAdviceTests
{
    [Fact]
    public void Choose_LaterThanTheMedianByTwoLeastLeases_Yields()
    {
        // Median 3; bound 3 + 2·0.5.
        RunningLease[] leases = [new(1, 2, 9), new(2, 9, 9), new(3, 3, 9), new(4, 4, 9), new(5, 1, 9)];
        Assert.Equal([2], YieldAdvice.Choose(leases, idleSlots: 0, leastLeaseSeconds: 0.5));
        Assert.Equal([2, 4], YieldAdvice.Choose(leases, idleSlots: 0, leastLeaseSeconds: 0.4));
        Assert.Equal([], YieldAdvice.Choose(leases, idleSlots: 0, leastLeaseSeconds: 3));
    }

    [Fact]
    public void Choose_NothingToGiveBack_IsLeftAlone()
    {
        RunningLease[] leases = [new(1, 2, 9), new(2, 9, 0), new(3, 3, 9)];
        Assert.Equal([], YieldAdvice.Choose(leases, idleSlots: 0, leastLeaseSeconds: 0.1));
        Assert.Equal([], YieldAdvice.Choose([], idleSlots: 4, leastLeaseSeconds: 0.1));
    }

    [Fact]
    public void Choose_IdleSlots_EndNow()
    {
        // One lease alone is its own median; with idle slots it is late.
        RunningLease[] one = [new(1, 5, 9)];
        Assert.Equal([], YieldAdvice.Choose(one, idleSlots: 0, leastLeaseSeconds: 0.1));
        Assert.Equal([1], YieldAdvice.Choose(one, idleSlots: 1, leastLeaseSeconds: 0.1));
        Assert.Equal([1], YieldAdvice.Choose(one, idleSlots: 9, leastLeaseSeconds: 0.1));
        Assert.Equal([], YieldAdvice.Choose(one, idleSlots: 9, leastLeaseSeconds: 2.5));
        Assert.Equal([1], YieldAdvice.Choose(one, idleSlots: 9, leastLeaseSeconds: 2.4));
        Assert.Equal([], YieldAdvice.Choose(one, idleSlots: -3, leastLeaseSeconds: 0.1));
    }

    [Fact]
    public void Choose_AnyLeases_AgreesWithTheDefinition() =>
        Gen.Select(Gen.Select(Gen.Double[0, 10], Gen.Long[0, 2]).Array[0, 20], Gen.Int[0, 10], Gen.Double[0, 2])
            .Sample(
                (raw, idle, least) =>
                {
                    RunningLease[] leases = [.. raw.Select((x, i) => new RunningLease(i, x.Item1, x.Item2))];
                    double[] ends = [.. leases.Select(lease => lease.SecondsLeft).Concat(Enumerable.Repeat(0.0, idle)).Order()];
                    IEnumerable<long> expected = leases
                        .Where(lease => lease.UnitsLeft > 0 && lease.SecondsLeft > ends[(ends.Length - 1) / 2] + (2 * least))
                        .OrderByDescending(lease => lease.SecondsLeft)
                        .Select(lease => lease.Lease);
                    Assert.Equal(expected, YieldAdvice.Choose(leases, idle, least));
                },
                iter: 2_000
            );
}
