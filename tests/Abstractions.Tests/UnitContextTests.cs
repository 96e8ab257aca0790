using OrleansWork.Jobs.Tests;

namespace OrleansWork.Abstractions.Tests;

public sealed class UnitContextTests
{
    [Fact]
    public void Random_AnyAttempt_SeesTheSameNumbers()
    {
        UnitContext context = new UnitRunner(seed: 77).At(5);
        ulong first = context.Random.NextUInt64();
        ulong second = context.Random.NextUInt64();
        context.MoveTo(5, 2);
        Assert.Equal([first, second], [context.Random.NextUInt64(), context.Random.NextUInt64()]);
        context.MoveTo(6, 1);
        Assert.NotEqual(first, context.Random.NextUInt64());
        context.MoveTo(5, 3);
        Assert.Equal(first, context.Random.NextUInt64());
        Assert.Equal(first, new PhiloxRandom(77, 5).NextUInt64());
    }

    [Fact]
    public void IdempotencyKey_Unit_IsAllThatChangesIt()
    {
        UnitRunner host = new();
        Assert.Equal("test/000000000000abcd/5", host.At(5).IdempotencyKey);
        Assert.Equal(host.At(5).IdempotencyKey, host.At(5, attempt: 2).IdempotencyKey);
        Assert.NotEqual(host.At(5).IdempotencyKey, host.At(6).IdempotencyKey);
    }

    [Theory]
    [InlineData(0.25, 0.25)]
    [InlineData(-1, 0)]
    [InlineData(7, 1)]
    [InlineData(double.NaN, 0)]
    public void Progress_AnyFraction_IsBetweenNothingAndAll(double said, double shown)
    {
        UnitRunner host = new();
        host.At(3).Progress(said, "rendering");
        Assert.Equal([(3, shown, "rendering")], host.Reported);
    }
}
