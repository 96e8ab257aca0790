using CsCheck;
using OrleansWork.Scheduling.Estimation;
using Xunit;

namespace OrleansWork.Scheduling.Tests.Estimation;

public sealed class EwmaTests
{
    private static readonly TimeSpan Tau = TimeSpan.FromSeconds(1);

    [Fact]
    public void Observe_SpacedSamples_WeighOneMinusExp()
    {
        Ewma ewma = new(Tau);
        Assert.True(double.IsNaN(ewma.Value));
        ewma.Observe(10, TimeSpan.FromSeconds(5));
        Assert.Equal(10, ewma.Value);
        ewma.Observe(20, TimeSpan.FromSeconds(7));
        double expected = 10 + ((1 - Math.Exp(-2)) * 10);
        Assert.Equal(expected, ewma.Value, 1e-12);
        ewma.Observe(0, TimeSpan.FromSeconds(8));
        Assert.Equal(expected * Math.Exp(-1), ewma.Value, 1e-12);
        Assert.Equal(3, ewma.Count);
    }

    [Fact]
    public void Observe_FirstBurst_IsItsMean()
    {
        // A cold first sample among a thousand quick ones a microsecond apart must not rule for a whole second.
        Ewma ewma = new(Tau);
        ewma.Observe(100, TimeSpan.Zero);
        for (int i = 1; i < 1_000; i++)
            ewma.Observe(1, TimeSpan.FromMicroseconds(i));
        Assert.Equal((100 + 999) / 1_000.0, ewma.Value, 0.06);
    }

    [Fact]
    public void Observe_OneInstant_CountsAsTheMeanOfTheInstant() =>
        Gen.Double[0, 100]
            .Array[1, 10]
            .Sample(samples =>
            {
                Ewma many = new(Tau);
                Ewma one = new(Tau);
                foreach (Ewma ewma in (Ewma[])[many, one])
                    ewma.Observe(50, TimeSpan.Zero);
                foreach (double sample in samples)
                    many.Observe(sample, TimeSpan.FromSeconds(3));
                one.Observe(samples.Average(), TimeSpan.FromSeconds(3));
                Assert.Equal(one.Value, many.Value, 1e-9);
                Assert.Equal(samples.Length + 1, many.Count);
            });

    [Fact]
    public void Observe_AnySamples_StaysBetweenThem() =>
        Gen.Select(Gen.Double[-100, 100], Gen.Int[0, 3_000])
            .Array[1, 30]
            .Sample(samples =>
            {
                Ewma ewma = new(Tau, initial: 1e9);
                TimeSpan now = TimeSpan.Zero;
                foreach ((double sample, int ms) in samples)
                {
                    now += TimeSpan.FromMilliseconds(ms);
                    ewma.Observe(sample, now);
                }

                Assert.InRange(ewma.Value, samples.Min(x => x.Item1) - 1e-9, samples.Max(x => x.Item1) + 1e-9);
            });

    [Fact]
    public void Observe_NonsenseAndTimeRunningBack_AreHarmless()
    {
        Ewma ewma = new(Tau, 7);
        ewma.Observe(double.NaN, Tau);
        ewma.Observe(double.PositiveInfinity, Tau);
        Assert.Equal((7.0, 0), (ewma.Value, ewma.Count));
        ewma.Observe(1, 2 * Tau);
        ewma.Observe(3, Tau);
        Assert.Equal(2, ewma.Value);
        ewma.Reset();
        Assert.Equal((7.0, 0), (ewma.Value, ewma.Count));
        ewma.Observe(4, Tau);
        Assert.Equal(4, ewma.Value);
        Assert.Throws<ArgumentOutOfRangeException>(() => new Ewma(TimeSpan.Zero));
    }
}
