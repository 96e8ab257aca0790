using System.Numerics;
using System.Text.Json;
using CsCheck;

namespace OrleansWork.Abstractions.Tests;

public sealed class OrleansWorkJsonTests
{
    public sealed record Numbers(double A, float B, Int128 C, BigInteger D, TimeSpan E, (long, string) F);

    [Fact]
    public void Payloads_AnyNumbers_RoundTrip() =>
        Gen.Select(Gen.Double, Gen.Single, Gen.Long, Gen.Byte.Array, Gen.Long[0, long.MaxValue / 10_000])
            .Sample(
                (a, b, c, d, ticks) =>
                {
                    Numbers numbers = new(a, b, c * (Int128)ulong.MaxValue, new BigInteger(d), TimeSpan.FromTicks(ticks), (c, "x"));
                    Assert.Equal(numbers, RoundTrip(numbers));
                }
            );

    [Theory]
    [InlineData(double.NaN, "\"NaN\"")]
    [InlineData(double.PositiveInfinity, "\"Infinity\"")]
    [InlineData(double.NegativeInfinity, "\"-Infinity\"")]
    [InlineData(-0.0, "-0")]
    [InlineData(0.1, "0.1")]
    public void Payloads_SpecialNumbers_KeepTheirBits(double value, string json)
    {
        Assert.Equal(json, JsonSerializer.Serialize(value, OrleansWorkJson.Payloads));
        Assert.Equal(BitConverter.DoubleToInt64Bits(value), BitConverter.DoubleToInt64Bits(RoundTrip(value)));
    }

    [Theory]
    [InlineData("1.0")]
    [InlineData("1e3")]
    [InlineData("\"1\"")]
    [InlineData("null")]
    public void BigInteger_NotAnInteger_IsRefused(string json) =>
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<BigInteger>(json, OrleansWorkJson.Payloads));

    [Fact]
    public void BigInteger_LongerThanTheReadersBuffer_IsRead()
    {
        BigInteger large = BigInteger.Pow(7, 50_000);
        Assert.Equal(large, RoundTrip(large));
        using MemoryStream stream = new(JsonSerializer.SerializeToUtf8Bytes(large, OrleansWorkJson.Payloads));
        Assert.Equal(large, JsonSerializer.Deserialize<BigInteger>(stream, OrleansWorkJson.Payloads));
    }

    [Theory]
    [InlineData("""{"id":"1","kind":"sum","unknown":5}""")]
    public void Documents_UnknownMembers_AreIgnored(string json)
    {
        JobQuery query = JsonSerializer.Deserialize<JobQuery>(json, OrleansWorkJson.Documents)!;
        Assert.Equal("sum", query.Kind);
    }

    [Fact]
    public void Documents_AbsentValues_AreWrittenAsNull() =>
        Assert.Contains("\"cursor\":null", JsonSerializer.Serialize(new JobQuery(), OrleansWorkJson.Documents), StringComparison.Ordinal);

    [Fact]
    public void Documents_Text_IsReadable() =>
        Assert.Equal("\"für 'x' + <y>\"", JsonSerializer.Serialize("für 'x' + <y>", OrleansWorkJson.Documents));

    [Fact]
    public void Payloads_Options_RoundTrip()
    {
        JobOptions options = new()
        {
            Placement = PlacementPolicy.LeastLoaded,
            ChunkTime = TimeSpan.FromMilliseconds(20),
            Require = ["gpu=a100"],
            Seed = -1,
        };
        string json = JsonSerializer.Serialize(options, OrleansWorkJson.Payloads);
        Assert.Contains("\"placement\":\"least-loaded\"", json, StringComparison.Ordinal);
        Assert.Contains("\"chunkTime\":\"20ms\"", json, StringComparison.Ordinal);
        Assert.Equal(json, JsonSerializer.Serialize(RoundTrip(options), OrleansWorkJson.Payloads));
    }

    private static T RoundTrip<T>(T value) =>
        JsonSerializer.Deserialize<T>(JsonSerializer.SerializeToUtf8Bytes(value, OrleansWorkJson.Payloads), OrleansWorkJson.Payloads)!;
}
