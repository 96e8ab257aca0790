using CsCheck;
using OrleansWork.Scheduling.Estimation;
using Xunit;

namespace OrleansWork.Scheduling.Tests.Estimation;

public sealed class SpeedEstimatorTests
{
    private static readonly Gen<(int Slots, double Slowness)[]> Clusters = Gen.Select(Gen.Int[1, 8], Gen.Double[0.5, 3]).Array[1, 12];

    [Fact]
    public void Observe_AnyCluster_FindsUnitCostAndSlowness() =>
        Gen.Select(Clusters, Gen.Double[-6, 1], Gen.Int)
            .Sample(
                (silos, logCost, seed) =>
                {
                    double cost = Math.Pow(10, logCost);
                    SpeedEstimator speed = Learn(silos, _ => cost, leases: 300, seed);

                    double mean = silos.Sum(silo => silo.Slots * silo.Slowness) / silos.Sum(silo => silo.Slots);
                    Assert.InRange(speed.UnitSeconds / (cost * mean), 0.85, 1.15);
                    for (int i = 0; i < silos.Length; i++)
                        Assert.InRange(speed.Slowness(i) / (silos[i].Slowness / mean), 0.8, 1.25);
                    Assert.InRange(speed.SlotsOverSlowness / silos.Sum(silo => silo.Slots * mean / silo.Slowness), 0.85, 1.15);
                    Assert.Equal(silos.Length * 300, speed.Count);
                },
                iter: 100
            );

    [Fact]
    public void Slowness_AnyHistory_AveragesToOneAndIsBounded() =>
        Gen.Select(Gen.Int[0, 4], Gen.Double[-9, 3], Gen.Int[1, 1_000])
            .Array[1, 200]
            .Sample(
                history =>
                {
                    SpeedEstimator speed = new();
                    for (int i = 0; i < 5; i++)
                        speed.SetSlots(i, i + 1);
                    TimeSpan now = TimeSpan.Zero;
                    foreach ((int silo, double log, int ms) in history)
                    {
                        now += TimeSpan.FromMilliseconds(ms);
                        speed.Observe(silo, 3, Math.Pow(10, log), now);
                        double[] slowness = [.. Enumerable.Range(0, 5).Select(speed.Slowness)];
                        Assert.All(slowness, v => Assert.InRange(v, SpeedEstimator.MinSlowness, SpeedEstimator.MaxSlowness));
                        if (slowness.All(v => v is > 0.101 and < 9.9))
                            Assert.Equal(15, slowness.Select((v, i) => v * (i + 1)).Sum(), 1e-6);
                        Assert.True(double.IsFinite(speed.UnitSeconds) && speed.UnitSeconds > 0);
                        Assert.True(double.IsFinite(speed.SlotsOverSlowness) && speed.SlotsOverSlowness > 0);
                    }
                },
                iter: 300
            );

    [Fact]
    public void Observe_UnitsGetDearer_SilosDoNotLookSlower()
    {
        (int Slots, double Slowness)[] silos = [(2, 1), (2, 1), (2, 2)];
        SpeedEstimator speed = Learn(silos, now => now < TimeSpan.FromSeconds(20) ? 0.001 : 0.05, leases: 1_000, seed: 3);
        Assert.InRange(speed.UnitSeconds, 0.05 * 4 / 3 * 0.85, 0.05 * 4 / 3 * 1.15);
        Assert.InRange(speed.Slowness(0), 0.65, 0.85);
        Assert.InRange(speed.Slowness(2), 1.3, 1.7);
    }

    [Fact]
    public void Observe_OneSilo_IsAverage()
    {
        SpeedEstimator speed = Learn([(4, 3)], _ => 0.01, leases: 50, seed: 1);
        Assert.Equal(1, speed.Slowness(0), 1e-9);
        Assert.InRange(speed.UnitSeconds, 0.028, 0.032);
        Assert.Equal(4, speed.SlotsOverSlowness, 1e-9);
    }

    [Fact]
    public void Observe_FirstSample_CountsHalf()
    {
        SpeedEstimator speed = new();
        speed.SetSlots(0, 1);
        speed.SetSlots(1, 1);
        for (int i = 0; i < 40; i++)
            speed.Observe(0, 10, 0.1, TimeSpan.FromSeconds(i));
        double before = speed.Slowness(1);
        speed.Observe(1, 1, 0.03, TimeSpan.FromSeconds(41));

        // Without a scale it goes from 1 to 2, halfway to 3; the average then is 1.5, and the unit cost went up a little as well.
        Assert.Equal(1, before, 1e-9);
        Assert.InRange(speed.Slowness(1), 1.15, 1.34);
    }

    [Fact]
    public void Observe_NothingDoneOrNonsense_TeachesNothing()
    {
        SpeedEstimator speed = new();
        speed.Observe(0, 0, 1, TimeSpan.Zero);
        speed.Observe(0, 5, -1, TimeSpan.Zero);
        speed.Observe(0, 5, double.NaN, TimeSpan.Zero);
        speed.Observe(0, 5, double.PositiveInfinity, TimeSpan.Zero);
        speed.ObserveLowerBound(0, 1, TimeSpan.FromHours(1));
        Assert.Equal(0, speed.Count);
        Assert.True(double.IsNaN(speed.UnitSeconds));
        Assert.Equal(1, speed.Slowness(0));
        Assert.Equal(1, speed.Slowness(77));

        speed.Observe(0, 5, 0, TimeSpan.Zero);
        Assert.True(speed.UnitSeconds > 0);
    }

    [Fact]
    public void ObserveLowerBound_ALeaseThatDragsOn_RaisesOnlyUpwards()
    {
        SpeedEstimator speed = Learn([(2, 1), (2, 1), (2, 1)], _ => 0.01, leases: 100, seed: 3);
        double cost = speed.UnitSeconds;

        speed.ObserveLowerBound(1, 10, TimeSpan.FromSeconds(0.05));
        Assert.InRange(speed.Slowness(1), 0.9, 1.1);
        speed.ObserveLowerBound(1, 0, TimeSpan.FromSeconds(50));
        Assert.InRange(speed.Slowness(1), 0.9, 1.1);

        double last = speed.Slowness(1);
        for (int i = 0; i < 30; i++)
        {
            speed.ObserveLowerBound(1, 10, TimeSpan.FromSeconds(0.5));
            Assert.True(speed.Slowness(1) > last);
            last = speed.Slowness(1);
        }

        // Its units cost at least 5 times what they should: 5 of (1 + 1 + 5)/3 on average.
        Assert.InRange(speed.Slowness(1), 2.0, 2.25);
        Assert.InRange(speed.UnitSeconds / cost, 2.1, 2.5);
    }

    [Fact]
    public void SetSlots_WeighsTheAverage_RemoveTakesOut()
    {
        SpeedEstimator speed = Learn([(1, 1), (1, 3)], _ => 0.01, leases: 200, seed: 3);
        Assert.InRange(speed.Slowness(1), 1.4, 1.6);
        speed.SetSlots(1, 9);
        Assert.InRange(speed.Slowness(1), 1.02, 1.12);
        Assert.InRange(speed.Slowness(0), 0.3, 0.4);
        speed.SetSlots(1, 0);
        Assert.InRange(speed.Slowness(1), 1.4, 1.6);
        speed.Remove(1);
        Assert.Equal(1, speed.Slowness(0), 1e-6);
        Assert.InRange(speed.UnitSeconds, 0.009, 0.011);
        speed.Remove(1);
        speed.Remove(0);
        Assert.Equal(0, speed.SlotsOverSlowness);
        Assert.Equal(1, speed.Slowness(0));
    }

    private static SpeedEstimator Learn((int Slots, double Slowness)[] silos, Func<TimeSpan, double> cost, int leases, int seed)
    {
        SpeedEstimator speed = new();
        Random random = new(seed);
        for (int i = 0; i < silos.Length; i++)
            speed.SetSlots(i, silos[i].Slots);
        TimeSpan now = TimeSpan.Zero;
        for (int lease = 0; lease < leases; lease++)
        {
            now += TimeSpan.FromMilliseconds(50);
            for (int i = 0; i < silos.Length; i++)
                speed.Observe(i, 10, 10 * cost(now) * silos[i].Slowness * (0.95 + (0.1 * random.NextDouble())), now);
        }

        return speed;
    }
}
