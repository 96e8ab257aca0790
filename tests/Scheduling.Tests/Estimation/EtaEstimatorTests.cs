using CsCheck;
using OrleansWork.Scheduling.Estimation;
using Xunit;

namespace OrleansWork.Scheduling.Tests.Estimation;

public sealed class EtaEstimatorTests
{
    [Fact]
    public void Estimate_TooLittleKnown_IsUnknown()
    {
        EtaEstimator eta = new(new Random(1));
        eta.ObserveBusySlots(4, TimeSpan.Zero);
        for (int i = 0; i < EtaEstimator.MinLeases; i++)
        {
            Assert.Null(eta.Estimate(100, 10, [], TimeSpan.Zero));
            eta.ObserveLease(0, 1, TimeSpan.Zero);
            eta.ObserveLease(10, double.NaN, TimeSpan.Zero);
            eta.ObserveLease(10, 1, TimeSpan.Zero);
        }

        Assert.NotNull(eta.Estimate(100, 10, [], TimeSpan.Zero));

        EtaEstimator noSlots = new(new Random(1));
        for (int i = 0; i < 9; i++)
            noSlots.ObserveLease(10, 1, TimeSpan.Zero);
        noSlots.ObserveBusySlots(0, TimeSpan.Zero);
        Assert.Null(noSlots.Estimate(100, 10, [], TimeSpan.Zero));
    }

    [Theory]
    [InlineData(1_000_000, 10, 4, 25_000)] // very many leases: the mean
    [InlineData(100, 10, 4, 3)] // 10 leases on 4 slots: three rounds
    [InlineData(80, 10, 4, 2)]
    [InlineData(85, 10, 4, 2.5)] // the last lease is half a one
    [InlineData(10, 10, 4, 1)]
    [InlineData(0, 10, 4, 0)]
    public void Estimate_EqualLeases_IsExactButForWhatNobodyKnows(long unitsLeft, long leaseUnits, int slots, double seconds)
    {
        EtaEstimator eta = Steady(slots);
        EtaInterval interval = eta.Estimate(unitsLeft, leaseUnits, [], TimeSpan.Zero)!.Value;
        double slack = unitsLeft == 0 ? 0 : 0.05 + (0.04 * seconds);
        Assert.Equal(seconds - slack, interval.Low.TotalSeconds, 1e-3);
        Assert.Equal(seconds, interval.Expected.TotalSeconds, 1e-3);
        Assert.Equal(seconds + slack, interval.High.TotalSeconds, 1e-3);
    }

    [Fact]
    public void Estimate_UnitsRun_AreDoneSooner()
    {
        // Ten units are left of which one is at its middle; a unit takes a tenth of a second.
        EtaInterval begun = Steady(1).Estimate(10, 10, [new RunningWork(0.05, 9)], TimeSpan.Zero)!.Value;
        Assert.Equal(0.95, begun.Expected.TotalSeconds, 1e-3);
        EtaInterval waiting = Steady(1).Estimate(10, 10, [new RunningWork(0, 9)], TimeSpan.Zero)!.Value;
        Assert.Equal(1, waiting.Expected.TotalSeconds, 1e-3);
    }

    /// <summary>What has run for longer than all that ended is no end of what there may be.</summary>
    [Fact]
    public void Estimate_LongUnitStillRuns_MayRunForLong()
    {
        Random random = new(1);
        EtaEstimator eta = new(new Random(1));
        eta.ObserveBusySlots(4, TimeSpan.Zero);
        for (int i = 0; i < 100; i++)
            eta.ObserveLease(1, Math.Pow(1 - random.NextDouble(), -1 / 1.5), TimeSpan.Zero);
        EtaInterval interval = eta.Estimate(1, 1, [new RunningWork(90, 0)], TimeSpan.Zero)!.Value;
        Assert.InRange(interval.Expected.TotalSeconds, 20, 200);
        Assert.True(interval.High.TotalSeconds > 100, $"{interval}");
    }

    [Fact]
    public void Estimate_SlotsWaitBetweenLeases_IsLater()
    {
        // Leases of a second come every two seconds to each of four slots.
        EtaEstimator eta = new(new Random(1));
        for (int second = 0; second <= 30; second++)
        {
            eta.ObserveBusySlots(4, TimeSpan.FromSeconds(second));
            for (int i = 0; i < 2; i++)
                eta.ObserveLease(1, 1, TimeSpan.FromSeconds(second));
        }

        double expected = eta.Estimate(400, 1, [], TimeSpan.FromSeconds(30))!.Value.Expected.TotalSeconds;
        Assert.InRange(expected, 130, 200);
    }

    [Fact]
    public void Estimate_AnyNumbers_IsAnIntervalInOrder() =>
        Gen.Select(
                Extremes.Longs,
                Extremes.Longs,
                Extremes.Doubles,
                Gen.Select(Extremes.Longs, Extremes.Doubles).Array[0, 12],
                Extremes.Doubles.Array[1, 4]
            )
            .Sample(
                (unitsLeft, leaseUnits, longest, leases, slots) =>
                {
                    EtaEstimator eta = new(new Random(1));
                    TimeSpan now = TimeSpan.Zero;
                    foreach ((long units, double seconds) in leases)
                        eta.ObserveLease(units, seconds, now);
                    foreach (double busy in slots)
                        eta.ObserveBusySlots(busy, now += TimeSpan.FromSeconds(1));
                    for (int asked = 0; asked < 3; asked++)
                    {
                        eta.ObserveLease(1, 0.5, now);
                        if (
                            eta.Estimate(unitsLeft, leaseUnits, [new RunningWork(longest, leaseUnits)], now += TimeSpan.FromSeconds(1))
                            is not { } interval
                        )
                            continue;
                        Assert.InRange(interval.Low, TimeSpan.Zero, interval.Expected);
                        Assert.InRange(interval.High, interval.Expected, EtaEstimator.Longest);
                    }
                },
                iter: 2_000
            );

    [Fact]
    public void Estimate_SlotsOfTheLast30Seconds_Count()
    {
        EtaEstimator eta = Steady(2);
        for (int ms = 1; ms < 250; ms++)
            eta.ObserveBusySlots(100, TimeSpan.FromMilliseconds(ms)); // too soon after the last sample
        Work(2, from: 1, to: 20);
        Assert.Equal(50, eta.Estimate(1_000, 10, [], TimeSpan.FromSeconds(20))!.Value.Expected.TotalSeconds, 1e-3);
        Work(5, from: 21, to: 60);
        Assert.Equal(20, eta.Estimate(1_000, 10, [], TimeSpan.FromSeconds(60))!.Value.Expected.TotalSeconds, 1e-3);

        void Work(int slots, int from, int to)
        {
            for (int second = from; second <= to; second++)
            {
                for (int slot = 0; slot < slots; slot++)
                    eta.ObserveLease(10, 1, TimeSpan.FromSeconds(second));
                eta.ObserveBusySlots(slots, TimeSpan.FromSeconds(second));
            }
        }
    }

    [Fact]
    public void Estimate_RandomLeases_HoldsAboutEightTimesInTen()
    {
        int hits = 0;
        const int Jobs = 80;
        for (int seed = 0; seed < Jobs; seed++)
        {
            // Four slots, exponential lease times; the interval is asked for in the middle and compared with the truth.
            Random random = new(seed);
            EtaEstimator eta = new(new Random(seed + 1));
            double[] free = new double[4];
            PriorityQueue<(int Slot, double Took), double> ends = new();
            EtaInterval? interval = null;
            double askedAt = 0;
            double end = 0;
            int left = 240;
            int done = 0;
            while (done < 240)
            {
                for (int slot = 0; slot < 4; slot++)
                    if (free[slot] >= 0 && left-- > 0)
                    {
                        double took = -Math.Log(1 - random.NextDouble());
                        ends.Enqueue((slot, took), free[slot] + took);
                        free[slot] = -1;
                    }

                _ = ends.TryDequeue(out (int Slot, double Took) lease, out end);
                free[lease.Slot] = end;
                done++;
                TimeSpan now = TimeSpan.FromSeconds(end);
                eta.ObserveLease(1, lease.Took, now);
                eta.ObserveBusySlots(4, now);
                if (done == 120)
                    (interval, askedAt) = (eta.Estimate(120, 1, [], now), end);
                else if (done % 30 == 0)
                    eta.Estimate(240 - done, 1, [], now);
            }

            double rest = end - askedAt;
            if (interval!.Value.Low.TotalSeconds <= rest && rest <= interval.Value.High.TotalSeconds)
                hits++;
        }

        Assert.InRange(hits, Jobs * 0.65, Jobs * 0.95);
    }

    [Fact]
    public void Scale_ForecastsMissed_Widens_ForecastsHit_Narrows()
    {
        EtaEstimator eta = Steady(4);
        Assert.Equal(1.5, eta.Scale);

        // Said 8 leases of a second on 4 slots take 2 s; they take 20.
        eta.Estimate(640, 10, [], TimeSpan.Zero);
        for (int i = 1; i <= 8; i++)
            eta.ObserveLease(10, 1, TimeSpan.FromSeconds(20));
        Assert.Equal(1.5 * Math.Exp(0.15 * 0.8), eta.Scale, 1e-9);

        eta.Estimate(640, 10, [], TimeSpan.FromSeconds(20));
        for (int i = 1; i <= 8; i++)
            eta.ObserveLease(10, 1, TimeSpan.FromSeconds(22));
        Assert.Equal(1.5 * Math.Exp((0.15 * 0.8) - (0.15 * 0.2)), eta.Scale, 1e-9);
    }

    [Fact]
    public void Scale_StaysBounded()
    {
        EtaEstimator late = Steady(4);
        EtaEstimator exact = Steady(4);
        for (int i = 1; i <= 200; i++)
        {
            late.Estimate(80, 10, [], TimeSpan.FromSeconds(100 * i));
            late.ObserveLease(10, 1, TimeSpan.FromSeconds((100 * i) + 90));
            exact.Estimate(80, 10, [], TimeSpan.FromSeconds(i));
            exact.ObserveLease(10, 1, TimeSpan.FromSeconds(i + 1));
        }

        Assert.Equal(8, late.Scale);
        Assert.Equal(0.75, exact.Scale);
    }

    /// <summary>Ten leases of 10 units and one second each.</summary>
    private static EtaEstimator Steady(int slots)
    {
        EtaEstimator eta = new(new Random(1));
        eta.ObserveBusySlots(slots, TimeSpan.Zero);
        for (int i = 0; i < 10; i++)
            eta.ObserveLease(10, 1, TimeSpan.Zero);
        return eta;
    }
}
