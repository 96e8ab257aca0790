using CsCheck;

namespace OrleansWork.Abstractions.Tests;

public sealed class PhiloxRandomTests
{
    /// <summary>The known answers of Random123, kat_vectors: philox4x32 with 10 rounds.</summary>
    [Theory]
    [InlineData(0x0000000000000000UL, 0x0000000000000000UL, 0x0000000000000000UL, 0x6627e8d5U, 0xe169c58dU, 0xbc57ac4cU, 0x9b00dbd8U)]
    [InlineData(0xffffffffffffffffUL, 0xffffffffffffffffUL, 0xffffffffffffffffUL, 0x408f276dU, 0x41c83b0eU, 0xa20bc7c6U, 0x6d5451fdU)]
    [InlineData(0x299f31d0a4093822UL, 0x0370734413198a2eUL, 0x85a308d3243f6a88UL, 0xd16cfe09U, 0x94fdccebU, 0x5001e420U, 0x24126ea1U)]
    public void At_KnownCounters_GiveTheKnownAnswers(ulong seed, ulong stream, ulong block, uint a, uint b, uint c, uint d) =>
        Assert.Equal((a, b, c, d), PhiloxRandom.At(seed, stream, block));

    [Fact]
    public void NextUInt32_AnyStream_ReadsTheBlocksInOrder() =>
        Gen.Select(Gen.ULong, Gen.ULong)
            .Sample(
                (seed, stream) =>
                {
                    PhiloxRandom random = new(seed, stream);
                    for (ulong block = 0; block < 3; block++)
                    {
                        (uint a, uint b, uint c, uint d) = PhiloxRandom.At(seed, stream, block);
                        Assert.Equal([a, b, c, d], [random.NextUInt32(), random.NextUInt32(), random.NextUInt32(), random.NextUInt32()]);
                    }
                }
            );

    [Fact]
    public void NextInt64_AnyRange_StaysInside() =>
        Gen.Select(Gen.Long, Gen.Long, Gen.ULong)
            .Sample(
                (one, other, seed) =>
                {
                    (long min, long max) = (Math.Min(one, other), Math.Max(one, other));
                    long value = new PhiloxRandom(seed, 0).NextInt64(min, max);
                    return value == min || (value > min && value < max);
                }
            );

    [Fact]
    public void NextInt64_ThreeQuartersOfAllNumbers_IsWithoutBias()
    {
        // Without rejection every third number would come up twice as often.
        const long bound = 3L << 61;
        PhiloxRandom random = new(1, 2);
        int[] counts = new int[3];
        for (int i = 0; i < 30_000; i++)
            counts[(int)((ulong)(random.NextInt64(-bound, bound) + bound) % 3)]++;
        Assert.All(counts, count => Assert.InRange(count, 9_600, 10_400));
    }

    [Fact]
    public void Next_SmallRange_IsUniform()
    {
        PhiloxRandom random = new(1, 2);
        int[] counts = new int[6];
        for (int i = 0; i < 60_000; i++)
            counts[random.Next(1, 7) - 1]++;
        Assert.All(counts, count => Assert.InRange(count, 9_600, 10_400));
    }

    [Fact]
    public void NextDouble_ManyNumbers_CoverTheUnitInterval()
    {
        PhiloxRandom random = new(1, 2);
        double[] numbers = [.. Enumerable.Range(0, 100_000).Select(_ => random.NextDouble())];
        Assert.All(numbers, number => Assert.True(number is >= 0 and < 1));
        Assert.Equal(0.5, numbers.Average(), 0.005);
        Assert.True(numbers.Min() < 0.001 && numbers.Max() > 0.999);
        Assert.All(Enumerable.Range(0, 1_000), _ => Assert.True(random.NextSingle() is >= 0 and < 1));
    }

    [Fact]
    public void NextBytes_AnyLength_AreTheWordsInOrder()
    {
        byte[] bytes = new byte[11];
        new PhiloxRandom(5, 6).NextBytes(bytes);
        (uint a, uint b, uint c, _) = PhiloxRandom.At(5, 6, 0);
        byte[] expected = [.. BitConverter.GetBytes(a), .. BitConverter.GetBytes(b), .. BitConverter.GetBytes(c)];
        Assert.Equal(expected[..11], bytes);
    }

    [Fact]
    public void Shuffle_Seed_DecidesTheOrder()
    {
        int[] one = [.. Enumerable.Range(0, 50)];
        int[] other = [.. one];
        new PhiloxRandom(5, 6).Shuffle(one);
        new PhiloxRandom(5, 6).Shuffle(other);
        Assert.Equal(one, other);
        Assert.NotEqual(Enumerable.Range(0, 50), one);
    }

    [Fact]
    public void NextInt64_WrongRange_IsRefused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new PhiloxRandom(1, 1).NextInt64(2, 1));
}
