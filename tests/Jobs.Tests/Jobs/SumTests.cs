using System.Numerics;
using System.Text;
using System.Text.Json;
using CsCheck;
using OrleansWork.Testing;

namespace OrleansWork.Jobs.Tests.Jobs;

public sealed class SumTests
{
    private static readonly Gen<BigInteger> AnyInteger = Gen.Select(Gen.Byte.Array[0, 20], Gen.Bool)
        .Select((bytes, small) => small ? new BigInteger(bytes.AsSpan(0, Math.Min(2, bytes.Length))) : new BigInteger(bytes));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public Task Run_AnyRange_IsTheClosedForm() =>
        Gen.Select(AnyInteger, Gen.Int[0, 3_000], Gen.Int[1, 500], Gen.Bool)
            .SampleAsync(
                async (from, length, block, closedForm) =>
                {
                    BigInteger to = from + length;
                    BigInteger sum = await LocalRunner.RunAsync(
                        new Sum(),
                        new Sum.Input(From: from, To: to, Block: block, ClosedForm: closedForm),
                        cancellationToken: Token
                    );
                    Assert.Equal((from + to) * (length + 1) / 2, sum);
                },
                iter: 200
            );

    [Fact]
    public Task Run_AnyNumbers_IsTheirSum() =>
        Gen.Select(AnyInteger.Array[0, 50], Gen.Int[1, 9])
            .SampleAsync(
                async (numbers, block) =>
                {
                    BigInteger sum = await LocalRunner.RunAsync(new Sum(), new Sum.Input(numbers, Block: block), cancellationToken: Token);
                    Assert.Equal(numbers.Aggregate(BigInteger.Zero, BigInteger.Add), sum);
                },
                iter: 200
            );

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Run_OneToTwentyMillion_IsExact(bool closedForm)
    {
        Sum.Input input = new(From: 1, To: 20_000_000, Block: 999_999, ClosedForm: closedForm);
        Assert.Equal(200_000_010_000_000, await LocalRunner.RunAsync(Sum.Kind, input, cancellationToken: Token));
    }

    [Theory]
    [InlineData("1", "1000000000000000000000", 10_000_000)]
    [InlineData("-1000000000000000000000", "1000000000000000000007", 10_000_000)]
    [InlineData("0", "100000000000000000000000000000000", long.MaxValue)]
    [InlineData("1", "1000000000000000", 3)]
    public async Task Run_RangeOfFarTooManyBlocks_HasSensiblyManyUnits(string first, string last, long block)
    {
        (BigInteger from, BigInteger to) = (BigInteger.Parse(first, null), BigInteger.Parse(last, null));
        Sum.Input input = new(From: from, To: to, Block: block);
        Assert.Empty(new Sum().Validate(input));
        Assert.InRange(new Sum().CountUnits(input), 9_000, 10_000);
        Assert.Equal((from + to) * (to - from + 1) / 2, await LocalRunner.RunAsync(Sum.Kind, input, cancellationToken: Token));
    }

    [Theory]
    [InlineData(100_000_000, 1, true, 100_000_000)]
    [InlineData(1_000_000_000_000_000, 10_000_000, true, 100_000_000)]
    [InlineData(1_000_000_000_000_000, 10_000_000, false, 100_000_000)]
    [InlineData(100_000_001, 1, true, 10_000)]
    [InlineData(1_000_000_000, 7, false, 100_000_000)]
    public void CountUnits_Range_HasBlocksAsAskedUpToAHundredMillion(long numbers, long block, bool closedForm, long expected)
    {
        Sum.Input input = new(From: 1, To: numbers, Block: block, ClosedForm: closedForm);
        Assert.Empty(new Sum().Validate(input));
        Assert.InRange(new Sum().CountUnits(input), expected - (expected / 1_000), expected);
    }

    [Fact]
    public async Task Run_EndOfTheLongRange_DoesNotOverflow()
    {
        Sum.Input input = new(From: long.MaxValue - 5, To: long.MaxValue, Block: 3, ClosedForm: false);
        Assert.Equal(((BigInteger)long.MaxValue * 6) - 15, await LocalRunner.RunAsync(new Sum(), input, cancellationToken: Token));
    }

    [Fact]
    public async Task Result_LargeSum_IsAJsonIntegerWithAllDigits()
    {
        BigInteger sum = await LocalRunner.RunAsync(new Sum(), new Sum.Input([BigInteger.Pow(10, 40), 1]), cancellationToken: Token);
        Assert.Equal($"1{new string('0', 39)}1", JsonSerializer.Serialize(sum, OrleansWorkJson.Payloads));
    }

    [Theory]
    [InlineData("""{}""", "numbers")]
    [InlineData("""{"from":1}""", "to")]
    [InlineData("""{"to":1}""", "from")]
    [InlineData("""{"from":2,"to":1}""", "to")]
    [InlineData("""{"from":1,"to":2,"block":0}""", "block")]
    [InlineData("""{"from":1,"to":2,"block":-5}""", "block")]
    [InlineData("""{"numbers":[1],"from":1}""", "from")]
    [InlineData("""{"numbers":[1],"to":1}""", "to")]
    [InlineData("""{"from":0,"to":9223372036854775807,"block":1}""", "block")]
    [InlineData("""{"from":1,"to":1000000000000000000000,"closedForm":false}""", "closedForm")]
    [InlineData("""{"from":1,"to":1000000000000001,"closedForm":false}""", "closedForm")]
    public void Validate_WrongInput_NamesTheField(string json, string field)
    {
        InputProblem problem = Assert.Single(KindInput.Read(new Sum(), Encoding.UTF8.GetBytes(json)).Problems);
        Assert.Equal(field, problem.Field);
        Assert.Contains(field, problem.Message, StringComparison.Ordinal);
    }
}
