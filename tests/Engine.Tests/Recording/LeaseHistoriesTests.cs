using OrleansWork.Engine.Recording;
using OrleansWork.Scheduling.Recording;
using Xunit;

namespace OrleansWork.Engine.Tests.Recording;

/// <summary>Columns of silos that are as wide as each silo's time has made them, in one answer.</summary>
public sealed class LeaseHistoriesTests
{
    private static readonly DateTimeOffset Base = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    [Fact]
    public void History_NoTrace_IsNotRecorded()
    {
        JobLeaseHistory history = LeaseHistories.Of(null, 5, Base);
        Assert.Equal((false, 5.0, 0), (history.Recorded, history.StepSeconds, history.Silos.Count));
        Assert.False(LeaseHistories.Of(new RunTrace { Silos = [new TracedSilo("a", 1, 1)] }, 0, Base).Recorded);
    }

    [Theory]
    [InlineData(0, 0.4)]
    [InlineData(0.4, 0.4)]
    [InlineData(0.5, 0.8)]
    [InlineData(100, 100)]
    public void History_SilosOfDifferentWidths_HaveOneStepAndLoseNothing(double asked, double step)
    {
        RunTrace trace = new()
        {
            Base = Base,
            Silos =
            [
                new TracedSilo("a", 2, 1) { Series = Series(200, leases: 40, seconds: 0.05, probes: 3, lasts: 2) },
                new TracedSilo("b", 2, 1) { Series = Series(400, leases: 10, seconds: 2, probes: 0, lasts: 0) },
            ],
        };
        JobLeaseHistory history = LeaseHistories.Of(trace, asked, Base);
        Assert.True(history.Recorded);
        Assert.Equal((Base, step), (history.Base, Math.Round(history.StepSeconds, 6)));
        Assert.Equal(["a", "b"], history.Silos.Select(silo => silo.Silo));
        foreach (SiloLeaseHistory silo in history.Silos)
        {
            Assert.Equal(silo.Silo == "a" ? 40 * 5 : 10 * 5, silo.Points.Sum(point => point.Leases));
            Assert.All(silo.Points, point => Assert.Equal(3, point.UnitsPerLease));
            double seconds = silo.Silo == "a" ? 0.05 : 2;
            Assert.All(silo.Points, point => Assert.InRange(point.P50, seconds * 0.9, seconds * 1.1));
            Assert.All(silo.Points, point => Assert.True(point.P50 <= point.P90 && point.P90 <= point.P99));
            Assert.Equal(silo.Points.OrderBy(point => point.AtSeconds), silo.Points);
        }

        if (step > 50)
            return;
        IReadOnlyList<LeasePoint> points = history.Silos[0].Points;
        Assert.Equal((LeasePhase.Probe, LeasePhase.Last), (points[0].Phase, points[^1].Phase));
        Assert.All(history.Silos[1].Points, point => Assert.Equal(LeasePhase.Steady, point.Phase));
        // The time in which none ended has no point.
        Assert.DoesNotContain(points, point => point.AtSeconds >= 1.6 && point.AtSeconds < 2.4);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(1_000)]
    public void Bands_OfAnyWidth_KeepTheSumsOfWhatTheyCover(int columns)
    {
        RunTrace trace = new()
        {
            Base = Base,
            Silos =
            [
                new TracedSilo("a", 2, 1)
                {
                    BandMs = 50,
                    Own = [.. Enumerable.Repeat(1.5f, 37)],
                    Failed = [.. Enumerable.Repeat(0f, 10), 1f],
                },
                new TracedSilo("b", 4, 1)
                {
                    BandMs = 200,
                    Own = [.. Enumerable.Repeat(4f, 10)],
                    Lost = [4f],
                },
                new TracedSilo("c", 4, 1),
            ],
        };
        JobLeaseBands bands = BandDocuments.Of(trace, null, null, columns, Base);
        Assert.InRange(bands.Columns, 1, columns);
        Assert.True(bands.ColumnSeconds >= 0.2);
        Assert.Equal((Base, 2), (bands.Base, bands.Silos.Count));
        Assert.Equal(1.5 * 37 * 0.05, Seconds(bands, 0, bands.Silos[0].Own), 2);
        Assert.Equal(0.05, Seconds(bands, 0, bands.Silos[0].Failed), 2);
        Assert.Equal(4 * 2.0, Seconds(bands, 1, bands.Silos[1].Own), 2);
        Assert.Equal(4 * 0.2, Seconds(bands, 1, bands.Silos[1].Lost), 2);
        Assert.All(bands.Silos, silo => Assert.Null(silo.Other));
        Assert.All(bands.Silos, silo => Assert.Equal(bands.Columns, silo.Own.Count));
    }

    [Fact]
    public void Bands_OfAWindow_CoverIt()
    {
        RunTrace trace = new()
        {
            Base = Base,
            Silos = [new TracedSilo("a", 1, 1) { BandMs = 100, Own = [.. Enumerable.Range(0, 50).Select(i => i / 50f)] }],
        };
        JobLeaseBands bands = BandDocuments.Of(trace, Base.AddMilliseconds(1_250), Base.AddMilliseconds(1_600), 600, Base);
        Assert.Equal((Base.AddMilliseconds(1_200), 0.1, 4), (bands.Base, bands.ColumnSeconds, bands.Columns));
        Assert.Equal([0.24, 0.26, 0.28, 0.3], bands.Silos[0].Own);
        Assert.Equal(0, BandDocuments.Of(trace, Base.AddHours(1), null, 600, Base).Columns);
        Assert.Equal(0, BandDocuments.Of(trace, null, Base.AddHours(-1), 600, Base).Columns);
        Assert.Equal(0, BandDocuments.Of(null, null, null, 600, Base).Columns);
    }

    private static double Seconds(JobLeaseBands bands, int silo, IReadOnlyList<double> shares) =>
        shares.Sum() * bands.ColumnSeconds * bands.Silos[silo].Slots;

    /// <summary>Eight columns of leases, four without, and twelve more.</summary>
    private static TracedSeries Series(double width, int leases, double seconds, int probes, int lasts)
    {
        DurationSketch durations = default;
        for (int i = 0; i < 5; i++)
            durations.Add(seconds);
        bool[] has =
            width < 400
                ? [.. Enumerable.Range(0, leases + 4).Select(column => column is < 8 or >= 12)]
                : [.. Enumerable.Repeat(true, leases)];
        return new TracedSeries(0, width)
        {
            Leases = [.. has.Select(any => any ? 5 : 0)],
            Units = [.. has.Select(any => any ? 15L : 0)],
            Probes = probes == 0 ? [] : [.. Enumerable.Range(0, has.Length).Select(column => column < probes ? 5 : 0)],
            Lasts = lasts == 0 ? [] : [.. Enumerable.Range(0, has.Length).Select(column => column >= has.Length - lasts ? 1 : 0)],
            Seconds = [.. has.Select(any => any ? durations.ToArray() : [])],
        };
    }
}
