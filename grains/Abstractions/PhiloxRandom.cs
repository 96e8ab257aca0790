namespace OrleansWork;

/// <summary>A counter-based generator: Philox4x32-10 of Salmon et al., "Parallel random numbers: as easy as 1, 2, 3" (SC 2011).</summary>
/// <remarks>The key is the job's seed and the counter is (unit, n): any number of any unit can be had without the ones before it.</remarks>
public sealed class PhiloxRandom : Random
{
    private readonly uint _key0;
    private readonly uint _key1;
    private ulong _stream;
    private ulong _block;
    private readonly uint[] _buffer = new uint[4];
    private int _used = 4;

    /// <summary>Makes the generator of one stream, usually a unit, under one seed.</summary>
    public PhiloxRandom(ulong seed, ulong stream)
        : base(0)
    {
        _key0 = (uint)seed;
        _key1 = (uint)(seed >> 32);
        _stream = stream;
    }

    /// <summary>Computes the four numbers at one place of one stream.</summary>
    public static (uint A, uint B, uint C, uint D) At(ulong seed, ulong stream, ulong block)
    {
        uint c0 = (uint)block,
            c1 = (uint)(block >> 32),
            c2 = (uint)stream,
            c3 = (uint)(stream >> 32);
        uint k0 = (uint)seed,
            k1 = (uint)(seed >> 32);
        for (int round = 0; round < 10; round++)
        {
            ulong p0 = 0xD2511F53UL * c0;
            ulong p1 = 0xCD9E8D57UL * c2;
            (c0, c1, c2, c3) = ((uint)(p1 >> 32) ^ c1 ^ k0, (uint)p1, (uint)(p0 >> 32) ^ c3 ^ k1, (uint)p0);
            k0 += 0x9E3779B9;
            k1 += 0xBB67AE85;
        }

        return (c0, c1, c2, c3);
    }

    /// <summary>Returns the next 32 random bits.</summary>
    public uint NextUInt32()
    {
        if (_used == 4)
        {
            (_buffer[0], _buffer[1], _buffer[2], _buffer[3]) = At(_key0 | ((ulong)_key1 << 32), _stream, _block++);
            _used = 0;
        }

        return _buffer[_used++];
    }

    /// <summary>Returns the next 64 random bits.</summary>
    public ulong NextUInt64() => NextUInt32() | ((ulong)NextUInt32() << 32);

    /// <inheritdoc/>
    public override double NextDouble() => (NextUInt64() >> 11) * (1.0 / (1UL << 53));

    /// <inheritdoc/>
    public override float NextSingle() => (NextUInt32() >> 8) * (1.0f / (1U << 24));

    /// <inheritdoc/>
    public override int Next() => Next(int.MaxValue);

    /// <inheritdoc/>
    public override int Next(int maxValue) => (int)NextInt64(0, maxValue);

    /// <inheritdoc/>
    public override int Next(int minValue, int maxValue) => (int)NextInt64(minValue, maxValue);

    /// <inheritdoc/>
    public override long NextInt64() => NextInt64(0, long.MaxValue);

    /// <inheritdoc/>
    public override long NextInt64(long maxValue) => NextInt64(0, maxValue);

    /// <inheritdoc/>
    /// <remarks>Without bias: Lemire, "Fast random integer generation in an interval" (2019, doi:10.1145/3230636).</remarks>
    public override long NextInt64(long minValue, long maxValue)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(minValue, maxValue);
        ulong range = (ulong)(maxValue - minValue);
        if (range <= 1)
            return minValue;
        ulong high = Math.BigMul(NextUInt64(), range, out ulong low);
        if (low < range)
        {
            ulong threshold = (0 - range) % range;
            while (low < threshold)
                high = Math.BigMul(NextUInt64(), range, out low);
        }

        return minValue + (long)high;
    }

    /// <inheritdoc/>
    public override void NextBytes(byte[] buffer) => NextBytes(buffer.AsSpan());

    /// <inheritdoc/>
    public override void NextBytes(Span<byte> buffer)
    {
        for (int i = 0; i < buffer.Length; i += 4)
        {
            uint word = NextUInt32();
            for (int j = 0; j < Math.Min(4, buffer.Length - i); j++)
                buffer[i + j] = (byte)(word >> (8 * j));
        }
    }

    /// <inheritdoc/>
    protected override double Sample() => NextDouble();

    internal void Restart(ulong stream)
    {
        _stream = stream;
        _block = 0;
        _used = 4;
    }
}
