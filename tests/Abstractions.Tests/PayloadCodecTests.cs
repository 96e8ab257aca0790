using System.Numerics;
using CsCheck;
using Microsoft.Extensions.DependencyInjection;
using OrleansWork.Jobs;

namespace OrleansWork.Abstractions.Tests;

public sealed class PayloadCodecTests
{
    public sealed record Word(string Text, int Count);

    [GenerateSerializer]
    public sealed record OrleansOnly([property: Id(0)] int Value);

    [Fact]
    public void Primitives_AnyValue_AreLittleEndianAndRoundTrip()
    {
        Gen.Long.Sample(value => RoundTrips(value, BitConverter.GetBytes(value)));
        Gen.ULong.Sample(value => RoundTrips(value, BitConverter.GetBytes(value)));
        Gen.Int.Sample(value => RoundTrips(value, BitConverter.GetBytes(value)));
        Gen.Short.Sample(value => RoundTrips(value, BitConverter.GetBytes(value)));
        Gen.Byte.Sample(value => RoundTrips(value, [value]));
        Gen.Bool.Sample(value => RoundTrips(value, [value ? (byte)1 : (byte)0]));
        Gen.Double.Sample(value => RoundTrips(value, BitConverter.GetBytes(value)));
        Gen.Single.Sample(value => RoundTrips(value, BitConverter.GetBytes(value)));
        Gen.Guid.Sample(value => RoundTrips(value, value.ToByteArray()));
        Gen.Decimal.Sample(value => RoundTrips(value, expected: null));
        Gen.Long.Sample(value => RoundTrips((Int128)value * long.MaxValue, expected: null));
    }

    [Fact]
    public void NaN_AnyBits_AreKept()
    {
        double special = BitConverter.Int64BitsToDouble(0x7FF8_0000_DEAD_BEEF);
        PayloadCodec<double> codec = PayloadCodec<double>.Create();
        Assert.Equal(0x7FF8_0000_DEAD_BEEF, BitConverter.DoubleToInt64Bits(codec.Decode(codec.Encode(special))));
    }

    [Fact]
    public void Decode_WrongLength_IsRefused() =>
        Assert.Contains(
            "3 bytes",
            Assert.Throws<FormatException>(() => PayloadCodec<long>.Create().Decode([1, 2, 3])).Message,
            StringComparison.Ordinal
        );

    [Fact]
    public void Bytes_AnyArray_CrossesAsItIs() => Gen.Byte.Array.Sample(bytes => RoundTrips(bytes, bytes));

    [Fact]
    public void Others_AnyValue_CrossAsJson()
    {
        RoundTrips("für"u8.Length, null);
        RoundTrips("für", "\"für\""u8.ToArray());
        RoundTrips(new Word("a", 2), """{"text":"a","count":2}"""u8.ToArray());
        RoundTrips(BigInteger.Pow(10, 30), "1000000000000000000000000000000"u8.ToArray());
        RoundTrips((1L, "b"), """{"item1":1,"item2":"b"}"""u8.ToArray());
        RoundTrips<int?>(null, "null"u8.ToArray());
        RoundTrips<double[]>([0.1, double.NaN], """[0.1,"NaN"]"""u8.ToArray());
        RoundTrips(new Dictionary<string, long>(StringComparer.Ordinal) { ["b"] = 1, ["a"] = 2 }, """{"b":1,"a":2}"""u8.ToArray());
        RoundTrips(PlacementPolicy.RoundRobin, "\"round-robin\""u8.ToArray());
        RoundTrips(new Synthetic.Tally(3, 4), """{"units":3,"checksum":4}"""u8.ToArray());
    }

    [Fact]
    public void OrleansTypes_WithoutAProvider_SayWhatToDo()
    {
        NotSupportedException exception = Assert.Throws<NotSupportedException>(() => PayloadCodec<OrleansOnly>.Create());
        Assert.Contains("service provider", exception.Message, StringComparison.Ordinal);
        using ServiceProvider empty = new ServiceCollection().BuildServiceProvider();
        Assert.Throws<NotSupportedException>(() => PayloadCodec<OrleansOnly>.Create(empty));
    }

    [Fact]
    public void OrleansTypes_WithAProvider_UseItsCodec()
    {
        using ServiceProvider services = new ServiceCollection().AddSingleton<IPayloadCodecProvider, Provider>().BuildServiceProvider();
        PayloadCodec<OrleansOnly> codec = PayloadCodec<OrleansOnly>.Create(services);
        Assert.Equal(new OrleansOnly(7), codec.Decode(codec.Encode(new OrleansOnly(7))));
        Assert.Equal([7], codec.Encode(new OrleansOnly(7)));
    }

    private sealed class Provider : IPayloadCodecProvider
    {
        public PayloadCodec<T>? TryCreate<T>() => new OneByteCodec() as PayloadCodec<T>;
    }

    private sealed class OneByteCodec : PayloadCodec<OrleansOnly>
    {
        public override void Encode(OrleansOnly value, System.Buffers.IBufferWriter<byte> output)
        {
            output.GetSpan(1)[0] = (byte)value.Value;
            output.Advance(1);
        }

        public override OrleansOnly Decode(ReadOnlySpan<byte> bytes) => new(bytes[0]);
    }

    private static bool RoundTrips<T>(T value, byte[]? expected)
    {
        PayloadCodec<T> codec = PayloadCodec<T>.Create();
        byte[] bytes = codec.Encode(value);
        if (expected is not null)
            Assert.Equal(expected, bytes);
        Assert.Equal(value, codec.Decode(bytes));
        Assert.Equal(bytes, codec.Encode(codec.Decode(bytes)));
        return true;
    }
}
