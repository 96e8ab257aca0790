using CsCheck;
using OrleansWork.Scheduling.Recording;
using Xunit;

namespace OrleansWork.Scheduling.Tests.Recording;

public sealed class RingTests
{
    [Fact]
    public void AnyLimits_TheNewestAreKeptInOrder() =>
        Gen.Select(Gen.Int[6, 10], Gen.Long[0, 4_000], Gen.Int[0, 3_000])
            .Sample(
                (power, bytes, adds) =>
                {
                    RecordBudget budget = new(bytes);
                    Ring<long> ring = new(new RingLimits(1 << power, sizeof(long), budget));
                    for (int i = 0; i < adds; i++)
                        Assert.Equal(i, ring.Add(i));
                    Assert.Equal(adds, ring.Next);
                    Assert.True(adds - ring.First <= 1 << power);
                    Assert.True(adds - ring.First >= Math.Min(adds, RingLimits.Least));
                    for (long number = ring.First; number < ring.Next; number++)
                        Assert.Equal(number, ring[number]);
                    Assert.True(budget.Used <= Math.Max(bytes, RingLimits.Least * sizeof(long)));
                    ring.Clear();
                    Assert.Equal(0, budget.Used);
                    Assert.False(ring.Has(adds - 1));
                }
            );

    [Fact]
    public void Quantiles_AreWithinFivePercent()
    {
        Durations durations = new();
        for (int i = 1; i <= 10_000; i++)
            durations.Add(i * 1e-4);
        foreach (double part in new[] { 0.01, 0.5, 0.9, 0.99 })
            Assert.InRange(durations.Quantile(part), part * 0.95, part * 1.05);
        Assert.Equal(1.0, durations.Quantile(1), 3);
    }

    [Fact]
    public void Bands_OfAnyLength_KeepTheirSums() =>
        Gen.Select(Gen.Int[0, 100_000], Gen.Int[0, 5_000])
            .Array[1, 50]
            .Sample(leases =>
            {
                LeaseBands bands = new(TimeSpan.Zero);
                double busy = 0;
                foreach ((int from, int took) in leases)
                {
                    bands.Add(TimeSpan.FromSeconds(from), TimeSpan.FromSeconds(from + took), 3, LeaseEnd.Failed);
                    busy += took;
                }

                (double seconds, double failed, long units, int count) = (0, 0, 0, 0);
                for (int column = 0; column < bands.Count; column++)
                {
                    seconds += bands[column].BusySeconds;
                    failed += bands[column].FailedSeconds;
                    units += bands[column].Units;
                    count += bands[column].Leases;
                }

                Assert.Equal(leases.Length, count);
                Assert.Equal(3 * leases.Length, units);
                Assert.Equal(busy, seconds, (busy * 1e-4) + 1e-6);
                Assert.Equal(busy, failed, (busy * 1e-4) + 1e-6);
                Assert.True(bands.Count <= LeaseBands.Columns);
            });
}
