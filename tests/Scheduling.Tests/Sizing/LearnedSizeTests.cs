using OrleansWork.Scheduling.Estimation;
using OrleansWork.Scheduling.Sizing;
using Xunit;

namespace OrleansWork.Scheduling.Tests.Sizing;

/// <summary>Sizes by what the leases before have taught, on four slots of two silos.</summary>
public sealed class LearnedSizeTests
{
    private const double Overhead = 2e-4;

    // As many units as a stored page of items has.
    private const long Page = 60_000;

    [Theory]
    [InlineData(0.005)]
    [InlineData(0.05)]
    [InlineData(0.5)]
    public void Next_FirstUnitOfEveryPageIsDear_LeasesFillTheirBudget(double dearSeconds)
    {
        Learning learning = new(units: 10_000_000, unit => unit % Page == 0 ? dearSeconds : 1e-6);
        learning.Run();
        double work = 10 + (dearSeconds * 10_000_000 / Page);
        Assert.InRange(learning.Leases, 10, 2 * work / 0.05);
    }

    [Fact]
    public void Next_ColdStart_IsOverWithinAFewLeases()
    {
        Learning learning = new(units: 10_000_000, unit => unit < 4 ? 0.2 : 1e-6);
        learning.Run();
        Assert.InRange(learning.Leases, 10, 300);
        Assert.InRange(learning.Speed.UnitSeconds, 0.9e-6, 1.1e-6);
    }

    [Theory]
    [InlineData(1e-6, 1e-2)]
    [InlineData(1e-4, 1e-2)]
    [InlineData(1e-2, 1e-6)]
    public void UnitSeconds_UnitsBecomeDearerOrCheaper_FollowsWithinHundredsOfLeases(double before, double after)
    {
        long changes = (long)(20 / before);
        Learning learning = new(units: changes + 10_000_000, unit => unit < changes ? before : after);
        learning.Run(until: changes);
        Assert.InRange(learning.Speed.UnitSeconds, 0.9 * before, 1.1 * before);
        long leases = learning.Leases;
        learning.Run(() => learning.Speed.UnitSeconds / after is > 0.5 and < 2);
        Assert.InRange(learning.Leases - leases, 1, 800);
    }

    private sealed class Learning(long units, Func<long, double> cost)
    {
        private const int Slots = 4;
        private readonly Sizer _sizer = new(new());
        private readonly double[] _free = new double[Slots];
        private long _next;

        public SpeedEstimator Speed { get; } = new();

        public long Leases { get; private set; }

        public void Run(long? until = null) => Run(() => _next >= (until ?? units));

        public void Run(Func<bool> isOver)
        {
            while (_next < units && !isOver())
                RunOne();
        }

        private void RunOne()
        {
            int slot = Array.IndexOf(_free, _free.Min());
            int silo = slot / 2;
            LeaseSize size = _sizer.Next(
                new SizingState
                {
                    Silo = silo,
                    Slots = 2,
                    Slowness = Speed.Slowness(silo),
                    UnitCount = units,
                    UnitsLeft = units - _next,
                    TotalSlots = Slots,
                    SlotsOverSlowness = Speed.SlotsOverSlowness,
                    UnitSeconds = Speed.UnitSeconds,
                    OverheadSeconds = Overhead,
                }
            );
            double took = 0;
            long done = 0;
            while (done < size.Units && took < size.Budget.TotalSeconds)
                took += cost(_next + done++);
            _next += done;
            _free[slot] += took + Overhead;
            Leases++;
            _sizer.Observe(silo, done, TimeSpan.FromSeconds(took), Overhead);
            Speed.Observe(silo, done, took, TimeSpan.FromSeconds(_free[slot]));
        }
    }
}
