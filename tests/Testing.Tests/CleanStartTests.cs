using System.Globalization;

namespace OrleansWork.Testing.Tests;

/// <summary>In memory too, job code starts clean: as on a cluster.</summary>
public sealed class CleanStartTests
{
    private static readonly AsyncLocal<string?> Local = new();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task LocalRunner_CallersCultureAndWhatOthersLeft_AreNotSeen(bool isAsync)
    {
        Leave();
        string seen = isAsync
            ? await LocalRunner.RunAsync(new AsyncLeaving(), new Input())
            : await LocalRunner.RunAsync(new Leaving(), new Input());
        Assert.Equal("", seen);
        Assert.Equal("1,5 left", Seen());
    }

    [Fact]
    public async Task JobKindChecks_CallersCulture_IsNotSeen()
    {
        Leave();
        await JobKindChecks.VerifyAsync(new Leaving(), new Input(Units: 20));
        Assert.Equal("1,5 left", Seen());
    }

    [Fact]
    public async Task LocalRunner_UnitBlocksOnWhatTimedOut_FailsAsTimedOut()
    {
        JobFailedException failed = await Assert.ThrowsAsync<JobFailedException>(() =>
            LocalRunner.RunAsync(
                new Blocking(),
                new Input(Units: 1),
                new JobOptions { UnitTimeout = TimeSpan.FromMilliseconds(50), MaxAttempts = 1 }
            )
        );
        Assert.Equal("TimeoutException", failed.Status.Error?.Type);
    }

    [Fact]
    public async Task LocalRunner_CanceledWhileAUnitBlocks_IsCanceled()
    {
        using CancellationTokenSource source = new(TimeSpan.FromMilliseconds(100));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            LocalRunner.RunAsync(new Blocking(), new Input(Units: 1), cancellationToken: source.Token)
        );
    }

    private static void Leave()
    {
        CultureInfo culture = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        culture.NumberFormat.NumberDecimalSeparator = ",";
        CultureInfo.CurrentCulture = culture;
        Local.Value = "left";
    }

    private static string Seen() => $"{1.5} {Local.Value}";

    private static string Look(string where)
    {
        string seen = Seen();
        Leave();
        return seen == "1.5 " ? "" : $"{where} saw {seen}; ";
    }

    internal sealed record Input(long Units = 200);

    [JobKind("leaving")]
    internal sealed class Leaving : JobKind<Input, string, string>
    {
        private string _before = "";

        public override IEnumerable<InputProblem> Validate(Input input)
        {
            _before += Look("validate");
            return [];
        }

        public override ValueTask PrepareAsync(Input input, CancellationToken cancellationToken)
        {
            _before += Look("prepare");
            return ValueTask.CompletedTask;
        }

        public override long CountUnits(Input input)
        {
            _before += Look("count");
            return input.Units;
        }

        public override string RunUnit(Input input, long unit, UnitContext context) => Look("unit");

        public override string Combine(string left, string right) => left + right + Look("combine");

        public override string Finish(Input input, string partial) => _before + partial + Look("finish");
    }

    [JobKind("async-leaving")]
    internal sealed class AsyncLeaving : JobKind<Input, string>
    {
        public override long CountUnits(Input input) => input.Units;

        public override ValueTask<string> RunUnitAsync(Input input, long unit, UnitContext context) => new(Look("unit"));

        public override string Combine(string left, string right) => left + right;
    }

#pragma warning disable VSTHRD002, VSTHRD103, CA1849, RS0030, MA0042, MA0045 // Just that is to be survived.
    [JobKind("local-blocking")]
    internal sealed class Blocking : JobKind<Input, long>
    {
        public override long CountUnits(Input input) => input.Units;

        public override long RunUnit(Input input, long unit, UnitContext context) => WaitAsync(context.CancellationToken).Result;

        public override long Combine(long left, long right) => left + right;

        private static async Task<long> WaitAsync(CancellationToken cancellationToken)
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
            return 1;
        }
    }
}
