using Microsoft.Extensions.Time.Testing;
using OrleansWork.Testing;

namespace OrleansWork.Jobs.Tests.Jobs;

public sealed class WaitTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task RunUnit_BeforeItsTime_WaitsAndAfterItIsDone()
    {
        FakeTimeProvider time = new();
        Task<Synthetic.Tally> unit = Run(time, new Wait.Input(5, 20_400), 3);
        time.Advance(TimeSpan.FromMilliseconds(20));
        Assert.False(unit.IsCompleted);
        time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.True(unit.IsCompletedSuccessfully);
        Assert.Equal(new(1, 3), await unit);
    }

    [Fact]
    public void RunUnit_LongerThanATimerHolds_WaitsOn()
    {
        FakeTimeProvider time = new();
        Task<Synthetic.Tally> unit = Run(time, new Wait.Input(1, 1e12), 0);
        time.Advance(TimeSpan.FromSeconds(1e6) - TimeSpan.FromMilliseconds(1));
        Assert.False(unit.IsCompleted);
        time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.True(unit.IsCompletedSuccessfully);
    }

    [Fact]
    public async Task RunUnit_Canceled_EndsWithoutTheTimePassing()
    {
        using CancellationTokenSource source = new();
        Wait kind = new(new FakeTimeProvider());
        Task<Synthetic.Tally> unit = kind.RunUnitAsync(new Wait.Input(1, 1e9), 0, new UnitRunner(0, source.Token).At(0)).AsTask();
        Assert.False(unit.IsCompleted);
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => unit.WaitAsync(TimeSpan.FromSeconds(20), Token));
    }

    [Fact]
    public void RunUnit_ManyAtOnce_WaitTogether()
    {
        FakeTimeProvider time = new();
        Wait kind = new(time);
        UnitRunner units = new();
        Task<Synthetic.Tally>[] waiting =
        [
            .. Enumerable.Range(0, 10_000).Select(unit => kind.RunUnitAsync(new Wait.Input(10_000, 50_000), unit, units.At(unit)).AsTask()),
        ];
        Assert.DoesNotContain(waiting, unit => unit.IsCompleted);
        time.Advance(TimeSpan.FromMilliseconds(50));
        Assert.All(waiting, unit => Assert.True(unit.IsCompletedSuccessfully));
    }

    [Fact]
    public async Task RunUnit_NoDuration_AllocatesNothing()
    {
        Wait kind = new();
        Wait.Input input = new(1_000_000, 0);
        UnitContext context = new UnitRunner().At(0);
        await MeasureAsync(kind, input, context, 100);
        Assert.InRange(await MeasureAsync(kind, input, context, 1_000_000), 0, 10_000);
    }

    [Fact]
    public async Task RunUnit_ThatWaits_AllocatesLittleMoreThanItsTimer()
    {
        const int Units = 2_000;
        FakeTimeProvider time = new();
        Wait kind = new(time);
        Wait.Input input = new(Units, 1_000);
        UnitContext context = new UnitRunner().At(0);
        await MeasureAsync(kind, input, context, Units, time);
        long allocated = await MeasureAsync(kind, input, context, Units, time);
        Assert.InRange(allocated / Units, 0, 2_000);
    }

    [Fact]
    public async Task Run_TwiceTheUnits_TakeNoLongerThanOneWait()
    {
        Synthetic.Result result = await LocalRunner.RunAsync(new Wait(), new Wait.Input(300, 20_000), cancellationToken: Token);
        Assert.Equal(new(300, 300 * 299 / 2), result);
    }

    [Theory]
    [InlineData(-1, 0, 1.5, "units")]
    [InlineData(1, -1, 1.5, "microseconds")]
    [InlineData(1, double.NaN, 1.5, "microseconds")]
    [InlineData(1, 1, 1, "alpha")]
    public void Validate_WrongInput_NamesTheField(long units, double microseconds, double alpha, string field)
    {
        InputProblem problem = Assert.Single(new Wait().Validate(new Wait.Input(units, microseconds, Alpha: alpha)));
        Assert.Equal(field, problem.Field);
        Assert.Contains(field, problem.Message, StringComparison.Ordinal);
    }

    private static Task<Synthetic.Tally> Run(TimeProvider time, Wait.Input input, long unit) =>
        new Wait(time).RunUnitAsync(input, unit, new UnitRunner().At(unit)).AsTask();

    // Every unit is done when it is awaited, so all of it happens on this thread.
    private static async Task<long> MeasureAsync(Wait kind, Wait.Input input, UnitContext context, int units, FakeTimeProvider? time = null)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        Synthetic.Tally tally = default;
        for (int unit = 0; unit < units; unit++)
        {
            ValueTask<Synthetic.Tally> run = kind.RunUnitAsync(input, unit, context);
            time?.Advance(TimeSpan.FromMilliseconds(1));
            if (!run.IsCompletedSuccessfully)
                Assert.Fail($"Unit {unit} still waits.");
            tally = kind.Combine(tally, await run);
        }

        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.Equal(units, tally.Units);
        return allocated;
    }
}
