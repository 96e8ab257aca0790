using CsCheck;
using OrleansWork.Scheduling.Sizing;
using Xunit;

namespace OrleansWork.Scheduling.Tests.Sizing;

public sealed class SizerTests
{
    private static readonly SizingState Base = new()
    {
        Silo = 0,
        Slots = 2,
        Slowness = 1,
        UnitCount = 1_000_000,
        UnitsLeft = 1_000_000,
        TotalSlots = 10,
        SlotsOverSlowness = 10,
        UnitSeconds = 1e-5,
        OverheadSeconds = 2e-4,
    };

    private static readonly Gen<SizingState> States = Gen.Select(
        Gen.Long[0, 1L << 62],
        Gen.Long[0, 1L << 62],
        Gen.Int[0, 10_000],
        Gen.Double[-10, 4],
        Gen.Double[-6, 0],
        Gen.Double[0.1, 10],
        Gen.Double[0.1, 10],
        (count, left, slots, unit, overhead, slowness, speed) =>
            new SizingState
            {
                Slots = 2,
                Slowness = slowness,
                UnitCount = count,
                UnitsLeft = Math.Min(left, count),
                TotalSlots = slots,
                SlotsOverSlowness = slots * speed,
                UnitSeconds = Math.Pow(10, unit),
                OverheadSeconds = Math.Pow(10, overhead),
            }
    );

    [Fact]
    public void Next_AnyState_IsAtLeastOneUnitAndNeverMoreThanIsLeft() =>
        Gen.Select(States, Gen.Bool, Gen.Long[1, 1L << 40].Nullable())
            .Sample(
                (state, probed, chunk) =>
                {
                    Sizer sizer = new(new() { ChunkUnits = chunk });
                    if (probed)
                        EndProbe(sizer);
                    LeaseSize size = sizer.Next(state);
                    Assert.InRange(size.Units, 1, Math.Max(1, state.UnitsLeft));
                    Assert.InRange(size.Budget, Sizer.MinBudget, sizer.BudgetFor(state.TotalSlots));
                    if (chunk is { } units)
                        Assert.Equal(Math.Min(units, Math.Max(1, state.UnitsLeft)), size.Units);
                },
                iter: 1_500
            );

    [Fact]
    public void Next_Steady_StaysBetweenOverheadAndBudget() =>
        States.Sample(
            state =>
            {
                Sizer sizer = Probed();
                LeaseSize size = sizer.Next(state);
                double unit = state.UnitSeconds * state.Slowness;
                double most = Math.Max(1, sizer.BudgetFor(state.TotalSlots).TotalSeconds / unit);
                Assert.True(size.Units <= Math.Ceiling(most), $"{size.Units} units outlast the budget, which holds {most}.");
                if (!size.LastRound && size.Units < Math.Floor(most))
                    Assert.True(state.OverheadSeconds / (state.OverheadSeconds + (size.Units * state.UnitSeconds)) <= 0.02 + 1e-9);
                if (!size.LastRound)
                    Assert.True(state.UnitsLeft >= sizer.MinUnits(state) * Math.Max(1, state.TotalSlots));
            },
            iter: 1_500
        );

    [Fact]
    public void Next_Steady_IsHalfOfAnEvenShareWeighedBySpeed()
    {
        Sizer sizer = Probed();
        SizingState state = Base with { UnitsLeft = 80_000, UnitSeconds = 1e-6, OverheadSeconds = 1e-6 };
        Assert.Equal(4_000, sizer.Next(state).Units);

        // A silo twice as slow: w = P/(v·Σ c/v) = 10/(2·9) of it.
        Assert.Equal(2_223, sizer.Next(state with { Slowness = 2, SlotsOverSlowness = 9 }).Units);
        Assert.Equal(4_000, sizer.Next(state with { Slowness = double.NaN, SlotsOverSlowness = double.NaN }).Units);
        Assert.Equal(TimeSpan.FromMilliseconds(50), sizer.Next(state).Budget);
        Assert.False(sizer.Next(state).LastRound);
    }

    [Fact]
    public void Next_Steady_IsBoundedByOverheadAndBudget()
    {
        Sizer sizer = Probed();

        // K_min = ⌈h·0.98/(0.02·μ)⌉ = 980; K_max = 50 ms/10 µs = 5,000.
        Assert.Equal(980, sizer.MinUnits(Base));
        Assert.Equal(5_000, sizer.Next(Base).Units);
        Assert.Equal(2_500, sizer.Next(Base with { Slowness = 2, SlotsOverSlowness = 10 }).Units);
        Assert.Equal(980, sizer.Next(Base with { UnitsLeft = 10_000 }).Units);
        Assert.False(sizer.Next(Base with { UnitsLeft = 9_800 }).LastRound);

        // Where overhead asks for more than the budget holds, the budget wins.
        Assert.Equal(5_000, sizer.Next(Base with { OverheadSeconds = 0.01 }).Units);
        Assert.Equal(1, sizer.Next(Base with { UnitSeconds = 100 }).Units);
    }

    [Fact]
    public void Next_LastRound_SplitsEvenlyAndShortensTheBudget()
    {
        Sizer sizer = Probed();
        LeaseSize size = sizer.Next(Base with { UnitsLeft = 9_799 });
        Assert.Equal(new LeaseSize(980, TimeSpan.FromSeconds(1.5 * 980 * 1e-5), LastRound: true), size with { Bounds = default });
        Assert.Equal(
            new LeaseSize(100, Sizer.MinBudget, LastRound: true),
            sizer.Next(Base with { UnitsLeft = 1_000 }) with
            {
                Bounds = default,
            }
        );
        Assert.Equal(1, sizer.Next(Base with { UnitsLeft = 1 }).Units);

        // A slow silo gets less; long units do not get a longer budget than always.
        Assert.Equal(50, sizer.Next(Base with { UnitsLeft = 1_000, Slowness = 2 }).Units);
        Assert.Equal(TimeSpan.FromMilliseconds(50), sizer.Next(Base with { UnitsLeft = 5, UnitSeconds = 1 }).Budget);
    }

    [Fact]
    public void Next_AnyDecreasingRest_LeasesAllUnitsInFewLeases() =>
        Gen.Select(Gen.Long[1, 1_000_000], Gen.Int[1, 64], Gen.Double[-7, -3])
            .Sample(
                (count, slots, log) =>
                {
                    Sizer sizer = Probed();
                    SizingState state = Base with
                    {
                        UnitCount = count,
                        TotalSlots = slots,
                        SlotsOverSlowness = slots,
                        UnitSeconds = Math.Pow(10, log),
                    };
                    long left = count;
                    int leases = 0;
                    while (left > 0)
                    {
                        left -= sizer.Next(state with { UnitsLeft = left }).Units;
                        leases++;
                    }

                    // By budget, then halving from there to the least size, then the last round.
                    double byBudget = count * state.UnitSeconds / 0.05;
                    double least = sizer.MinUnits(state);
                    double halving = 2 * slots * (Math.Max(1, Math.Log2(count / (slots * least))) + 8);
                    Assert.True(
                        leases <= byBudget + halving + slots + Math.Log(count + 1) * slots,
                        $"{leases} leases for {count} units on {slots} slots."
                    );
                },
                iter: 200
            );

    [Fact]
    public void Probe_GrowsEightfoldUntilLeasesOutweighTheOverhead()
    {
        Sizer sizer = new(new());
        SizingState state = Base with { UnitSeconds = double.NaN };
        List<long> sizes = [];
        while (sizer.IsProbing(0))
        {
            LeaseSize size = sizer.Next(state);
            sizes.Add(size.Units);
            Assert.Equal(TimeSpan.FromMilliseconds(50), size.Budget);
            Assert.False(size.LastRound);
            sizer.Observe(0, size.Units, TimeSpan.FromSeconds(size.Units * 1e-6), overheadSeconds: 2e-4);
        }

        // 10·h = 2 ms = 2,000 units.
        Assert.Equal([1, 8, 64, 512, 4_096], sizes);
        Assert.True(sizer.IsProbing(1));
        Assert.Equal(1, sizer.Next(state with { Silo = 1 }).Units);
    }

    [Fact]
    public void Probe_NearTheTarget_GrowsToItAndNoFurther()
    {
        Sizer sizer = new(new());
        sizer.Observe(0, 4, TimeSpan.FromMilliseconds(20), overheadSeconds: 0.01);
        Assert.Equal(10, sizer.Next(Base).Units);
        sizer.Observe(0, 10, TimeSpan.FromMilliseconds(100), overheadSeconds: 0.01);
        Assert.False(sizer.IsProbing(0));
    }

    [Fact]
    public void Probe_OneWaveOfReports_IsOneStep()
    {
        Sizer sizer = new(new());
        for (int slot = 0; slot < 16; slot++)
            sizer.Observe(0, 1, TimeSpan.Zero, overheadSeconds: 2e-4);
        Assert.Equal(8, sizer.Next(Base).Units);

        // A late report of a small lease does not shrink it again, one without units changes nothing.
        sizer.Observe(0, 8, TimeSpan.Zero, overheadSeconds: 2e-4);
        sizer.Observe(0, 1, TimeSpan.Zero, overheadSeconds: 2e-4);
        sizer.Observe(0, 0, TimeSpan.FromHours(1), overheadSeconds: 2e-4);
        Assert.Equal(64, sizer.Next(Base).Units);
    }

    [Fact]
    public void Probe_NeverBeyondHalfOfAnEvenShare()
    {
        Sizer sizer = new(new());
        for (long units = 1; units < 1_000_000; units *= 8)
            sizer.Observe(0, units, TimeSpan.Zero, overheadSeconds: 2e-4);
        Assert.Equal(50_000, sizer.Next(Base).Units);
        Assert.Equal(1, sizer.Next(Base with { UnitCount = 15, UnitsLeft = 15 }).Units);
        Assert.Equal(7, sizer.Next(Base with { UnitsLeft = 7 }).Units);
    }

    [Fact]
    public void Probe_OverWithoutKnownCost_KeepsTheProbedSize()
    {
        Sizer sizer = new(new());
        sizer.Observe(0, 1, TimeSpan.Zero, overheadSeconds: 2e-4);
        EndProbe(sizer);
        Assert.Equal(8, sizer.Next(Base with { UnitSeconds = double.NaN }).Units);
        Assert.Equal(8, sizer.Next(Base with { UnitSeconds = 0 }).Units);
    }

    [Fact]
    public void Remove_ASiloThatComesBack_IsProbedAgain()
    {
        Sizer sizer = Probed();
        Assert.False(sizer.IsProbing(0));
        sizer.Remove(0);
        Assert.True(sizer.IsProbing(0));
    }

    [Fact]
    public void ChunkUnits_SwitchesSizingOffButNotTheBudget()
    {
        Sizer sizer = new(new() { ChunkUnits = 7, Budget = TimeSpan.FromMilliseconds(20) });
        Assert.Equal(new LeaseSize(7, TimeSpan.FromMilliseconds(20), LastRound: false), sizer.Next(Base) with { Bounds = default });
        Assert.Equal(3, sizer.Next(Base with { UnitsLeft = 3 }).Units);
        Assert.False(sizer.IsProbing(0));
        Assert.False(sizer.IsLastRound(Base with { UnitsLeft = 140 }));
        Assert.True(sizer.IsLastRound(Base with { UnitsLeft = 139 }));
    }

    [Theory]
    [InlineData(10, 50)]
    [InlineData(500, 50)]
    [InlineData(501, 50.1)]
    [InlineData(10_000, 1_000)]
    public void BudgetFor_ManySlots_GrowsSoThatOneCoordinatorSuffices(int slots, double ms) =>
        Assert.Equal(TimeSpan.FromMilliseconds(ms), new Sizer(new()).BudgetFor(slots));

    [Fact]
    public void IsLastRound_IsBelowTwoLeasesPerSlot()
    {
        Sizer sizer = Probed();
        Assert.False(sizer.IsLastRound(Base with { UnitsLeft = 2 * 980 * 10 }));
        Assert.True(sizer.IsLastRound(Base with { UnitsLeft = (2 * 980 * 10) - 1 }));

        // Units of a second: the least lease is one unit. Of unknown cost: the same.
        Assert.False(sizer.IsLastRound(Base with { UnitSeconds = 1, UnitsLeft = 20 }));
        Assert.True(sizer.IsLastRound(Base with { UnitSeconds = 1, UnitsLeft = 19 }));
        Assert.False(sizer.IsLastRound(Base with { UnitSeconds = double.NaN, UnitsLeft = 20 }));
        Assert.True(sizer.IsLastRound(Base with { UnitSeconds = double.NaN, UnitsLeft = 19 }));

        // The budget bounds the lease here too: 5,000 units.
        Assert.False(sizer.IsLastRound(Base with { OverheadSeconds = 1, UnitsLeft = 100_000 }));
        Assert.True(sizer.IsLastRound(Base with { OverheadSeconds = 1, UnitsLeft = 99_999 }));
    }

    [Theory]
    [InlineData(0.0)]
    [InlineData(0.5)]
    public void Makespan_UnequalSilos_IsNearTheLowerBound(double spread)
    {
        // Three silos of two slots, the last three times slower; units of 0.1 ms, more or less.
        double[] slowness = [1, 1, 1, 1, 3, 3];
        double perfect = 4 + (2 / 3.0);
        Random random = new(11);
        Sizer sizer = new(new());
        double[] free = new double[6];
        long left = 100_000;
        double work = 0;
        while (left > 0)
        {
            int slot = Array.IndexOf(free, free.Min());
            SizingState state = Base with
            {
                Silo = slot / 2,
                UnitCount = 100_000,
                UnitsLeft = left,
                TotalSlots = 6,
                Slowness = slowness[slot] / (10 / 6.0),
                SlotsOverSlowness = perfect * (10 / 6.0),
                UnitSeconds = 1e-4 * (10 / 6.0),
            };
            LeaseSize size = sizer.Next(state);
            double took = 0;
            long done = 0;
            while (done < size.Units && took < size.Budget.TotalSeconds)
            {
                double unit = 1e-4 * (1 + (spread * ((2 * random.NextDouble()) - 1)));
                took += unit * slowness[slot];
                work += unit;
                done++;
            }

            left -= done;
            free[slot] += took + state.OverheadSeconds;
            sizer.Observe(state.Silo, done, TimeSpan.FromSeconds(took), state.OverheadSeconds);
        }

        Assert.InRange(free.Max() / (work / perfect), 1, 1.08);
    }

    [Fact]
    public void Options_OutOfRange_AreRefused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new Sizer(new() { ChunkUnits = 0 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Sizer(new() { Budget = TimeSpan.Zero }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Sizer(new() { OverheadPart = 0 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Sizer(new() { OverheadPart = 1 }));
    }

    private static Sizer Probed()
    {
        Sizer sizer = new(new());
        EndProbe(sizer);
        return sizer;
    }

    private static void EndProbe(Sizer sizer) => sizer.Observe(0, 1, TimeSpan.FromSeconds(2e-3), overheadSeconds: 2e-4);
}
