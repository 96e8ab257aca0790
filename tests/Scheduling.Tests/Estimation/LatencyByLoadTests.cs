using CsCheck;
using OrleansWork.Scheduling.Estimation;
using Xunit;

namespace OrleansWork.Scheduling.Tests.Estimation;

public sealed class LatencyByLoadTests
{
    [Fact]
    public void Median_NothingObserved_IsUnknown()
    {
        LatencyByLoad latency = new();
        latency.Observe(1, double.NaN, TimeSpan.Zero);
        latency.Observe(1, -1, TimeSpan.Zero);
        Assert.True(double.IsNaN(latency.Median(1, TimeSpan.Zero)));
    }

    [Fact]
    public void Median_AnySamplesAtOneLoad_IsThatOfTheLastSixteen() =>
        Gen.Double[0, 10]
            .Array[1, 40]
            .Sample(samples =>
            {
                LatencyByLoad latency = new();
                foreach (double sample in samples)
                    latency.Observe(1.5, sample, TimeSpan.Zero);
                double[] last = [.. samples.TakeLast(16).Order()];
                Assert.Equal((last[(last.Length - 1) / 2] + last[last.Length / 2]) / 2, latency.Median(1.5, TimeSpan.Zero), 1e-12);
            });

    [Theory]
    [InlineData(0, 1)]
    [InlineData(0.6, 1)]
    [InlineData(1, 1)]
    [InlineData(1.4, 1)]
    [InlineData(1.5, 1)] // as near to both: the lower load
    [InlineData(1.6, 2)]
    [InlineData(3, 2)]
    [InlineData(3.9, 4)]
    [InlineData(20, 16)]
    [InlineData(500, 500)]
    [InlineData(double.PositiveInfinity, 500)]
    [InlineData(double.NaN, 1)]
    [InlineData(-3, 1)]
    public void Median_OtherLoad_TakesTheNearest(double load, double expected)
    {
        LatencyByLoad latency = new();
        foreach (double known in (double[])[1, 2, 4, 16, 500])
            latency.Observe(known, known, TimeSpan.Zero);
        Assert.Equal(expected, latency.Median(load, TimeSpan.Zero));
    }

    [Fact]
    public void Median_OldSamples_AreForgotten()
    {
        LatencyByLoad latency = new();
        latency.Observe(1, 5, TimeSpan.Zero);
        latency.Observe(2, 7, TimeSpan.FromSeconds(6));
        Assert.Equal(5, latency.Median(1, TimeSpan.FromSeconds(10)));
        Assert.Equal(7, latency.Median(1, TimeSpan.FromSeconds(10.1)));
        Assert.True(double.IsNaN(latency.Median(1, TimeSpan.FromSeconds(17))));

        // A level that fell silent starts afresh.
        latency.Observe(1, 9, TimeSpan.FromSeconds(20));
        Assert.Equal(9, latency.Median(1, TimeSpan.FromSeconds(20)));
        latency.Observe(1, 11, TimeSpan.FromSeconds(40));
        Assert.Equal(11, latency.Median(1, TimeSpan.FromSeconds(40)));
    }
}
