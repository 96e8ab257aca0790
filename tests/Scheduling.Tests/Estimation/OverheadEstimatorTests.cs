using OrleansWork.Scheduling.Estimation;
using Xunit;

namespace OrleansWork.Scheduling.Tests.Estimation;

public sealed class OverheadEstimatorTests
{
    [Fact]
    public void Seconds_LeavesOutQueueingAndWork()
    {
        OverheadEstimator overhead = new();
        Assert.Equal(0.0002, overhead.Seconds, 1e-12);
        overhead.Observe(Ms(10), queued: Ms(3), busy: Ms(6.5), TimeSpan.Zero);
        Assert.Equal(0.0005, overhead.Seconds, 1e-9);
    }

    [Fact]
    public void Seconds_ClocksThatDisagree_StaysAboveZero()
    {
        OverheadEstimator overhead = new();
        overhead.Observe(Ms(1), queued: Ms(3), busy: Ms(6.5), TimeSpan.Zero);
        Assert.Equal(1e-6, overhead.Seconds);
    }

    private static TimeSpan Ms(double ms) => TimeSpan.FromMilliseconds(ms);
}
