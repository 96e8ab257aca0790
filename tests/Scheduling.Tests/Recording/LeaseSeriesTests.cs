using CsCheck;
using OrleansWork.Scheduling.Recording;
using Xunit;

namespace OrleansWork.Scheduling.Tests.Recording;

/// <summary>How leases changed over time is kept in little, whatever they were.</summary>
public sealed class LeaseSeriesTests
{
    [Fact]
    public void Sketch_DurationsThatAreAlike_QuantilesAreWithinTenPercent() =>
        Gen.Select(Gen.Double[1e-5, 1e3], Gen.Double[1, 6].Array[1, 300])
            .Sample(
                (least, factors) =>
                {
                    DurationSketch sketch = default;
                    double[] sorted = [.. factors.Select(factor => least * factor).Order()];
                    foreach (double factor in factors)
                        sketch.Add(least * factor);
                    foreach (double part in new[] { 0.1, 0.5, 0.9, 0.99, 1 })
                    {
                        double exact = sorted[Math.Max(0, (int)Math.Ceiling(part * sorted.Length) - 1)];
                        Assert.InRange(sketch.Quantile(part), exact * 0.9, exact * 1.1);
                    }
                }
            );

    [Fact]
    public void Sketch_DurationsOfAnyKind_CountsAreKeptAndQuantilesInOrder() =>
        Gen.Double[-8, 8]
            .Array[1, 400]
            .Sample(logarithms =>
            {
                DurationSketch sketch = default;
                foreach (double logarithm in logarithms)
                    sketch.Add(Math.Pow(10, logarithm));
                uint[] stored = sketch.ToArray();
                Assert.True(stored.Length <= DurationSketch.Buckets);
                Assert.Equal(logarithms.Length, stored.Sum(bin => bin & 0xFFFFFF));
                Assert.Equal(stored.Select(bin => bin >> 24).Order().Distinct(), stored.Select(bin => bin >> 24));
                Assert.Equal(stored, DurationSketch.Of(stored).ToArray());
                double[] quantiles = [.. new[] { 0, 0.1, 0.5, 0.9, 1 }.Select(part => sketch.Quantile(part))];
                Assert.Equal(quantiles.Order(), quantiles);
                // Twelve buckets over sixteen powers of ten: none is further off than a few of them.
                Assert.InRange(Math.Log10(quantiles[2] / Math.Pow(10, logarithms.Order().ElementAt((logarithms.Length - 1) / 2))), -2, 2);
            });

    [Fact]
    public void Sketch_CountsThatOutgrowTheirBits_KeepTheirProportions()
    {
        DurationSketch sketch = default;
        sketch.Add(0.001);
        sketch.Add(1);
        for (int doubling = 0; doubling < 30; doubling++)
            sketch.Add(DurationSketch.Of(sketch.ToArray()));
        Assert.InRange(sketch.Quantile(0.25), 0.0009, 0.0011);
        Assert.InRange(sketch.Quantile(0.75), 0.9, 1.1);
        Assert.Equal(0, default(DurationSketch).Quantile(0.5));
    }

    [Fact]
    public void Series_OfAnyLength_KeepsItsSums() =>
        Gen.Select(Gen.Int[0, 100_000], Gen.Int[0, 20])
            .Array[1, 60]
            .Sample(leases =>
            {
                LeaseSeries series = new(TimeSpan.FromSeconds(5));
                foreach ((int at, int units) in leases)
                    series.Add(TimeSpan.FromSeconds(at), 0.05, units, units < 5 ? GrantReason.Probe : GrantReason.LastRound);
                (long count, long units, long probes, long lasts, long seconds) sums = default;
                for (int column = 0; column < series.Count; column++)
                {
                    sums.count += series[column].Leases;
                    sums.units += series[column].Units;
                    sums.probes += series[column].Probes;
                    sums.lasts += series[column].Lasts;
                    sums.seconds += series[column].Seconds.ToArray().Sum(bin => bin & 0xFFFFFF);
                }

                Assert.True(series.Count <= LeaseSeries.Columns);
                Assert.Equal((leases.Length, leases.Sum(lease => (long)lease.Item2)), (sums.count, sums.units));
                Assert.Equal((sums.count, sums.count), (sums.probes + sums.lasts, sums.seconds));
                Assert.Equal(leases.Count(lease => lease.Item2 < 5), sums.probes);
            });
}
