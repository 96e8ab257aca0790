using System.Diagnostics;
using CsCheck;
using OrleansWork.Testing;

namespace OrleansWork.Jobs.Tests.Jobs;

public sealed class SyntheticTests
{
    private static readonly TimeSpan Ceiling = TimeSpan.FromSeconds(20);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public Task Run_AnyNumberOfUnits_SumsTheirNumbers() =>
        Gen.Long[0, 5_000]
            .SampleAsync(
                async units =>
                    Assert.Equal(
                        new(units, units * (Int128)(units - 1) / 2),
                        await LocalRunner.RunAsync(new Synthetic(), new Synthetic.Input(units, 0), cancellationToken: Token)
                    ),
                iter: 30
            );

    [Fact]
    public async Task Finish_MostUnits_DoesNotOverflow()
    {
        Synthetic kind = new();
        Int128 half = Int128.MaxValue / 4;
        Assert.Equal(2 * half, kind.Finish(new Synthetic.Input(), kind.Combine(new(1, half), new(1, half))).Checksum);
        Assert.Equal(1L << 62, kind.CountUnits(new Synthetic.Input(1L << 62)));
        Assert.Empty(kind.Validate(new Synthetic.Input(1L << 62)));
        await kind.PrepareAsync(new Synthetic.Input(), Token);
    }

    [Fact]
    public async Task RunUnit_NoDuration_AllocatesNothing()
    {
        Synthetic kind = new();
        Synthetic.Input input = new(1_000_000, 0);
        await kind.PrepareAsync(input, Token);
        UnitContext context = new UnitRunner().At(0);
        Measure(kind, input, context, 100);
        Assert.InRange(Measure(kind, input, context, 1_000_000), 0, 10_000);
    }

    private static long Measure(Synthetic kind, Synthetic.Input input, UnitContext context, long units)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        Synthetic.Tally tally = default;
        for (long unit = 0; unit < units; unit++)
            tally = kind.Combine(tally, kind.RunUnit(input, unit, context));
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.Equal(units, tally.Units);
        return allocated;
    }

    [Theory]
    [InlineData(Synthetic.WorkMode.Spin)]
    [InlineData(Synthetic.WorkMode.Sleep)]
    public void RunUnit_Duration_IsNotCutShort(Synthetic.WorkMode mode)
    {
        long start = Stopwatch.GetTimestamp();
        new Synthetic().RunUnit(new Synthetic.Input(1, 12_300, mode), 0, new UnitRunner(0, Token).At(0));
        Assert.True(Stopwatch.GetElapsedTime(start) >= TimeSpan.FromMilliseconds(12.3));
    }

    [Theory]
    [InlineData(Synthetic.WorkMode.Spin)]
    [InlineData(Synthetic.WorkMode.Sleep)]
    public async Task RunUnit_Canceled_StopsSoon(Synthetic.WorkMode mode)
    {
        Synthetic.Input input = new(1, 1e12, mode);
        await CancelRunning(new Synthetic(), input, 0);
    }

    [Fact]
    public async Task RunUnit_HangUnit_WaitsUntilCanceled()
    {
        Synthetic kind = new();
        Synthetic.Input input = new(3, 0, HangUnits: [1]);
        await kind.PrepareAsync(input, Token);
        await CancelRunning(kind, input, 1);
    }

    /// <summary>Cancels a unit that runs, and waits for it to stop.</summary>
    private static async Task CancelRunning(Synthetic kind, Synthetic.Input input, long unit)
    {
        using CancellationTokenSource source = CancellationTokenSource.CreateLinkedTokenSource(Token);
        UnitContext context = new UnitRunner(0, source.Token).At(unit);
        using SemaphoreSlim started = new(0);
        Task run = Task.Factory.StartNew(
            () =>
            {
                started.Release();
                kind.RunUnit(input, unit, context);
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default
        );
        await started.WaitAsync(Token);
        Assert.False(run.IsCompleted);
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run.WaitAsync(Ceiling, Token));
    }

    [Theory]
    [InlineData(Synthetic.DurationDistribution.Constant, 0)]
    [InlineData(Synthetic.DurationDistribution.Exponential, 0.02)]
    [InlineData(Synthetic.DurationDistribution.Pareto, 0.05)]
    public void MicrosecondsOf_ManyUnits_HaveTheMean(Synthetic.DurationDistribution distribution, double tolerance)
    {
        Synthetic.Input input = new(Microseconds: 100, Distribution: distribution, Alpha: 2.5, Seed: 3);
        double mean = Enumerable.Range(0, 200_000).Average(unit => Synthetic.MicrosecondsOf(input, unit));
        Assert.InRange(mean, 100 * (1 - tolerance), 100 * (1 + tolerance));
    }

    [Fact]
    public void MicrosecondsOf_Pareto_HasItsShape()
    {
        Synthetic.Input input = new(Microseconds: 100, Distribution: Synthetic.DurationDistribution.Pareto, Alpha: 2);
        double[] durations = [.. Enumerable.Range(0, 100_000).Select(unit => Synthetic.MicrosecondsOf(input, unit))];
        Assert.All(durations, duration => Assert.True(duration >= 50));
        Assert.InRange(durations.Count(duration => duration > 500) / 100_000.0, 0.009, 0.011);
    }

    [Fact]
    public void MicrosecondsOf_SeedAndUnit_AreAllItDependsOn()
    {
        Synthetic.Input input = new(Units: 10, Distribution: Synthetic.DurationDistribution.Exponential, Seed: 3);
        Assert.Equal(
            Synthetic.MicrosecondsOf(input, 7),
            Synthetic.MicrosecondsOf(input with { Units = 99, Mode = Synthetic.WorkMode.Sleep }, 7)
        );
        Assert.NotEqual(Synthetic.MicrosecondsOf(input, 7), Synthetic.MicrosecondsOf(input with { Seed = 4 }, 7));
        Assert.NotEqual(Synthetic.MicrosecondsOf(input, 7), Synthetic.MicrosecondsOf(input, 8));
    }

    [Fact]
    public async Task Run_FailTimes_SucceedsOnTheNextAttempt()
    {
        Synthetic.Input input = new(10, 0, FailUnits: [3, 4], FailTimes: 2);
        Assert.Equal(new(10, 45), await LocalRunner.RunAsync(new Synthetic(), input, cancellationToken: Token));
        JobFailedException failure = await Assert.ThrowsAsync<JobFailedException>(() =>
            LocalRunner.RunAsync(new Synthetic(), input, new JobOptions { MaxAttempts = 2, MaxParallel = 1 }, cancellationToken: Token)
        );
        Assert.Equal(3, failure.Status.Error!.Unit);
        Assert.Contains("attempt 2", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_FailUnitsWithoutFailTimes_FailAlways()
    {
        Synthetic.Input input = new(10, 0, FailUnits: [3]);
        JobOptions options = new() { MaxAttempts = 100 };
        await Assert.ThrowsAsync<JobFailedException>(() => LocalRunner.RunAsync(new Synthetic(), input, options, cancellationToken: Token));
        JobOptions skip = new() { OnUnitFailure = OnUnitFailure.Skip };
        Assert.Equal(new(9, 42), await LocalRunner.RunAsync(new Synthetic(), input, skip, cancellationToken: Token));
    }

    [Fact]
    public async Task CrashUnits_WhereNotAllowed_AreRefusedAndFailForGood()
    {
        Synthetic kind = new();
        Synthetic.Input input = new(3, 0, CrashUnits: [2]);
        Assert.Equal("crashUnits", Assert.Single(kind.Validate(input)).Field);
        await kind.PrepareAsync(input, Token);
        PermanentFailureException failure = Assert.Throws<PermanentFailureException>(() => kind.RunUnit(input, 2, new UnitRunner().At(2)));
        Assert.Contains("--allow-crash", failure.Message, StringComparison.Ordinal);
        Assert.Equal(new(1, 1), await Task.Run(() => kind.RunUnit(input, 1, new UnitRunner().At(1)), Token));
    }

    [Fact]
    public void CrashUnits_WhereAllowed_AreAccepted()
    {
        AppContext.SetSwitch(Synthetic.AllowCrashSwitch, true);
        try
        {
            Assert.Empty(new Synthetic().Validate(new Synthetic.Input(3, 0, CrashUnits: [2])));
        }
        finally
        {
            AppContext.SetSwitch(Synthetic.AllowCrashSwitch, false);
        }
    }

    public static TheoryData<Synthetic.Input, string> WrongInputs =>
        new()
        {
            { new Synthetic.Input(-1), "units" },
            { new Synthetic.Input(long.MaxValue), "units" },
            { new Synthetic.Input(1, -1), "microseconds" },
            { new Synthetic.Input(1, double.NaN), "microseconds" },
            { new Synthetic.Input(1, double.PositiveInfinity), "microseconds" },
            { new Synthetic.Input(Alpha: 1), "alpha" },
            { new Synthetic.Input(Alpha: double.NaN), "alpha" },
            { new Synthetic.Input(FailTimes: -1), "failTimes" },
            { new Synthetic.Input(10, FailUnits: [10]), "failUnits" },
            { new Synthetic.Input(10, HangUnits: [-1]), "hangUnits" },
        };

    [Theory]
    [MemberData(nameof(WrongInputs))]
    public void Validate_WrongInput_NamesTheField(Synthetic.Input input, string field)
    {
        InputProblem problem = Assert.Single(new Synthetic().Validate(input));
        Assert.Equal(field, problem.Field);
        Assert.Contains(field, problem.Message, StringComparison.Ordinal);
    }
}
