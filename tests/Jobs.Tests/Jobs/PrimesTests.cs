using CsCheck;
using OrleansWork.Testing;

namespace OrleansWork.Jobs.Tests.Jobs;

public sealed class PrimesTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(2, 20_000_000, 20_000, 1_270_607)]
    [InlineData(2, 10_000_000, 20_000, 664_579)]
    [InlineData(0, 1_000_000, 1_000_000, 78_498)]
    [InlineData(0, 100_000_000, 30_000_000, 5_761_455)]
    [InlineData(0, 0, 1, 0)]
    [InlineData(0, 1, 20_000, 0)]
    [InlineData(1, 2, 20_000, 1)]
    [InlineData(2, 2, 20_000, 1)]
    [InlineData(3, 3, long.MaxValue, 1)]
    [InlineData(4, 4, 20_000, 0)]
    [InlineData(289, 289, 20_000, 0)]
    [InlineData(999_999_999_999_989, 1_000_000_000_000_000, 20_000, 1)]
    public async Task Run_KnownCounts_AreFound(long from, long to, long block, long expected) =>
        Assert.Equal(expected, await LocalRunner.RunAsync(new Primes(), new Primes.Input(from, to, block), cancellationToken: Token));

    [Fact]
    public Task Run_AnySmallRange_AgreesWithDivision() => Compare(Gen.Long[0, 3_000], Gen.Int[0, 600], Gen.Int[1, 200], 300);

    [Fact]
    public Task Run_AnyRange_AgreesWithAPrimalityTest() =>
        Compare(
            Gen.Select(Gen.Long[0, Primes.Limit - 500], Gen.Int[0, 40], (from, shift) => from >> shift),
            Gen.Int[0, 500],
            Gen.Int[150, 900],
            40
        );

    private static Task Compare(Gen<long> start, Gen<int> length, Gen<int> blocks, long tries) =>
        Gen.Select(start, length, blocks)
            .SampleAsync(
                async (from, count, block) =>
                {
                    long expected = Enumerable.Range(0, count + 1).LongCount(i => IsPrime(from + i));
                    Assert.Equal(
                        expected,
                        await LocalRunner.RunAsync(new Primes(), new Primes.Input(from, from + count, block), cancellationToken: Token)
                    );
                },
                iter: tries,
                threads: 1
            );

    [Theory]
    [InlineData(-1, 10, 5, "from", "from is -1; it must be at least 0.")]
    [InlineData(2, 1, 5, "to", "to is 1; it must be at least from, which is 2.")]
    [InlineData(2, 10, 0, "block", "block is 0; it must be at least 1.")]
    [InlineData(2, 1_000_000_000_000_001, 5, "to", "to is 1000000000000001; it must be at most 1000000000000000.")]
    public void Validate_WrongInput_NamesTheFieldAndTheRange(long from, long to, long block, string field, string message) =>
        Assert.Equal([new(field, message)], new Primes().Validate(new Primes.Input(from, to, block)));

    [Fact]
    public void Validate_NegativeRange_IsRefusedOnBothEnds() =>
        Assert.Equal(["from", "to"], new Primes().Validate(new Primes.Input(-20, -10)).Select(problem => problem.Field));

    [Fact]
    public async Task RunUnit_CanceledToken_Stops()
    {
        Primes kind = new();
        Primes.Input input = new(0, Primes.Limit, Primes.Limit);
        await kind.PrepareAsync(input, Token);
        UnitContext context = new UnitRunner(0, new CancellationToken(canceled: true)).At(0);
        Assert.Throws<OperationCanceledException>(() => kind.RunUnit(input, 0, context));
    }

    /// <summary>Miller and Rabin's test with the bases that decide all numbers below 3.4e14, and one more (Jaeschke 1993).</summary>
    private static bool IsPrime(long number)
    {
        int[] bases = [2, 3, 5, 7, 11, 13, 17, 19, 23];
        if (number < 2)
            return false;
        foreach (int small in bases)
        {
            if (number % small == 0)
                return number == small;
        }

        int shift = System.Numerics.BitOperations.TrailingZeroCount(number - 1);
        return bases.All(witness =>
        {
            UInt128 power = 1;
            UInt128 square = (UInt128)witness;
            for (long exponent = (number - 1) >> shift; exponent > 0; exponent >>= 1)
            {
                if ((exponent & 1) != 0)
                    power = power * square % (UInt128)number;
                square = square * square % (UInt128)number;
            }

            if (power == 1)
                return true;
            for (int i = 0; i < shift; i++)
            {
                if (power == (UInt128)(number - 1))
                    return true;
                power = power * power % (UInt128)number;
            }

            return false;
        });
    }
}
