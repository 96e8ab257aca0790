using System.Numerics;
using OrleansWork.Testing;

namespace OrleansWork.Jobs.Tests.Jobs;

/// <summary>Every ready-made kind passes the checks that authors are told to use.</summary>
public sealed class ReadyMadeKindsTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<Sum.Input> Sums =>
        new(
            new Sum.Input(Numbers: [1, 2, 3, BigInteger.Pow(10, 40), -7], Block: 2),
            new Sum.Input(From: -50, To: 1_000_000, Block: 77_777),
            new Sum.Input(From: BigInteger.Pow(10, 30), To: BigInteger.Pow(10, 30) + 1_000, Block: 99, ClosedForm: false),
            new Sum.Input(Numbers: [])
        );

    public static TheoryData<Primes.Input> PrimeRanges =>
        new(
            new Primes.Input(0, 0),
            new Primes.Input(2, 100, 7),
            new Primes.Input(0, 2_000_000),
            new Primes.Input(999_999_000_000, 999_999_300_000, 50_000)
        );

    public static TheoryData<Pi.Input> Points => new(new Pi.Input(1), new Pi.Input(1_000, 7, 99), new Pi.Input(5_000_001, -3));

    public static TheoryData<Synthetic.Input> Syntheticals =>
        new(
            new Synthetic.Input(0),
            new Synthetic.Input(12, 0),
            new Synthetic.Input(1_000_000, 0),
            new Synthetic.Input(6, 60_000, Synthetic.WorkMode.Sleep),
            new Synthetic.Input(9, 30_000, Synthetic.WorkMode.Spin, Synthetic.DurationDistribution.Exponential),
            new Synthetic.Input(9, 500, Synthetic.WorkMode.Sleep, Synthetic.DurationDistribution.Pareto, Alpha: 2, Seed: 5),
            new Synthetic.Input(6, 0, FailUnits: [2, 3], FailTimes: 1)
        );

    public static TheoryData<Wait.Input> Waits =>
        new(
            new Wait.Input(0),
            new Wait.Input(1_000_000, 0),
            new Wait.Input(7, 30_000),
            new Wait.Input(9, 2_500, Synthetic.DurationDistribution.Exponential),
            new Wait.Input(9, 500, Synthetic.DurationDistribution.Pareto, Alpha: 2, Seed: 5)
        );

    public static TheoryData<Mandelbrot.Input> Pictures =>
        new(
            new Mandelbrot.Input(1, 1),
            new Mandelbrot.Input(90, 200, Iterations: 200),
            new Mandelbrot.Input(3_000, 10, -0.7436438870, 0.1318259042, 1e-6, 2_000, Mandelbrot.Palette.Fire)
        );

    [Theory]
    [MemberData(nameof(Sums))]
    public Task Sum_AnyInput_PassesTheChecks(Sum.Input input) => JobKindChecks.VerifyAsync(new Sum(), input, cancellationToken: Token);

    [Theory]
    [MemberData(nameof(PrimeRanges))]
    public Task Primes_AnyInput_PassesTheChecks(Primes.Input input) =>
        JobKindChecks.VerifyAsync(new Primes(), input, cancellationToken: Token);

    [Theory]
    [MemberData(nameof(Points))]
    public Task Pi_AnyInput_PassesTheChecks(Pi.Input input) => JobKindChecks.VerifyAsync(new Pi(), input, cancellationToken: Token);

    [Theory]
    [MemberData(nameof(Syntheticals))]
    public Task Synthetic_AnyInput_PassesTheChecks(Synthetic.Input input) =>
        JobKindChecks.VerifyAsync(new Synthetic(), input, cancellationToken: Token);

    [Theory]
    [MemberData(nameof(Waits))]
    public Task Wait_AnyInput_PassesTheChecks(Wait.Input input) => JobKindChecks.VerifyAsync(new Wait(), input, cancellationToken: Token);

    [Theory]
    [MemberData(nameof(Pictures))]
    public Task Mandelbrot_AnyInput_PassesTheChecks(Mandelbrot.Input input) =>
        JobKindChecks.VerifyAsync(new Mandelbrot(), input, cancellationToken: Token);
}
