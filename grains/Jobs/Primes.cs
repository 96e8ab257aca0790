using System.Buffers;
using System.ComponentModel;
using System.Numerics;
using System.Runtime.InteropServices;

namespace OrleansWork.Jobs;

/// <summary>Counts the primes in a range by a segmented sieve of Eratosthenes over the odd numbers.</summary>
[JobKind("primes", Description = "Counts the primes in a range")]
public sealed class Primes : JobKind<Primes.Input, long>
{
    /// <summary>The largest number that <c>to</c> may be: the primes up to its square root, 8 MB, are kept on every silo.</summary>
    public const long Limit = 1_000_000_000_000_000;

    private int[] _basePrimes = [];

    /// <summary>Names this kind with its types.</summary>
    public static readonly JobKindRef<Input, long> Kind = KindOf<Primes>();

    /// <summary>Which numbers to look at: <paramref name="From"/> to <paramref name="To"/>, both included.</summary>
    public sealed record Input(
        [property: Description("the first number looked at, at least 0")] long From = 2,
        [property: Description("the last number looked at, itself included, at most 10^15")] long To = 10_000_000,
        [property: Description("how many numbers a unit looks at, at least 1")] long Block = 20_000
    );

    /// <inheritdoc/>
    public override IEnumerable<InputProblem> Validate(Input input)
    {
        if (input.From < 0)
            yield return new("from", $"from is {input.From}; it must be at least 0.");
        if (input.To > Limit)
            yield return new("to", $"to is {input.To}; it must be at most {Limit}.");
        else if (input.To < Math.Max(0, input.From))
            yield return new("to", $"to is {input.To}; it must be at least {(input.From < 0 ? "0" : $"from, which is {input.From}")}.");
        if (input.Block < 1)
            yield return new("block", $"block is {input.Block}; it must be at least 1.");
    }

    /// <summary>Finds the primes that composite numbers up to <c>to</c> are crossed off with.</summary>
    public override ValueTask PrepareAsync(Input input, CancellationToken cancellationToken)
    {
        _basePrimes = OddSieve.PrimesTo(SquareRoot(input.To));
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public override long CountUnits(Input input) => ((input.To - input.From) / input.Block) + 1;

    /// <inheritdoc/>
    public override long RunUnit(Input input, long unit, UnitContext context)
    {
        long from = input.From + (unit * input.Block);
        long to = (long)Int128.Min((Int128)from + input.Block - 1, input.To);
        return OddSieve.Count(from, to, _basePrimes, context.CancellationToken);
    }

    /// <inheritdoc/>
    public override long Combine(long left, long right) => left + right;

    private static int SquareRoot(long number)
    {
        long root = (long)Math.Sqrt(number);
        while (root * root > number)
            root--;
        while ((root + 1) * (root + 1) <= number)
            root++;
        return (int)root;
    }
}

/// <summary>A sieve with one bit per odd number: bit i of a segment stands for <c>start + 2i + 1</c>, set when that number is composite.</summary>
internal static class OddSieve
{
    private const int SmallestSegment = 32 * 1024;
    private const int LargestSegment = 1024 * 1024;

    // The multiples of the first odd primes repeat every 15,015 odd numbers, so every 15,015 bytes: they are copied, not crossed off.
    private const int WheelSize = 3 * 5 * 7 * 11 * 13;
    private static readonly int[] WheelPrimes = [3, 5, 7, 11, 13];
    private static readonly byte[] Wheel = MakeWheel();

    /// <summary>Returns the odd primes above 13 up to <paramref name="limit"/>, in order.</summary>
    public static int[] PrimesTo(int limit)
    {
        byte[] composite = new byte[(limit / 16) + 1];
        Fill(composite, 0);
        for (int prime = 17; (long)prime * prime <= limit; prime += 2)
        {
            if (!IsSet(composite, prime >> 1))
                CrossOff(composite, (long)prime * prime >> 1, prime);
        }

        List<int> primes = [];
        for (int number = 17; number <= limit; number += 2)
        {
            if (!IsSet(composite, number >> 1))
                primes.Add(number);
        }

        return [.. primes];
    }

    /// <summary>Counts the primes in [<paramref name="from"/>, <paramref name="to"/>].</summary>
    /// <param name="from">The first number, at least 0.</param>
    /// <param name="to">The last number.</param>
    /// <param name="basePrimes">The primes above 13 up to the square root of <paramref name="to"/>, or more.</param>
    /// <param name="cancellationToken">Asked before every segment.</param>
    public static long Count(long from, long to, ReadOnlySpan<int> basePrimes, CancellationToken cancellationToken)
    {
        long count = 0;
        foreach (int small in (ReadOnlySpan<int>)[2, 3, 5, 7, 11, 13])
        {
            if (from <= small && small <= to)
                count++;
        }

        // One pass over the base primes costs a division each, so segments grow with their number.
        int bytes = (int)Math.Clamp((long)basePrimes.Length * 4, SmallestSegment, LargestSegment);
        long start = Math.Max(from, 17) & ~15L;
        bytes = (int)Math.Min(bytes, Math.Max(1, ((to - start) / 16) + 1));
        byte[] buffer = ArrayPool<byte>.Shared.Rent(bytes);
        try
        {
            for (; start <= to; start += bytes * 16L)
            {
                cancellationToken.ThrowIfCancellationRequested();
                Span<byte> segment = buffer.AsSpan(0, (int)Math.Min(bytes, ((to - start) / 16) + 1));
                Fill(segment, start);
                long end = start + (segment.Length * 16L);
                foreach (int prime in basePrimes)
                {
                    long square = (long)prime * prime;
                    if (square >= end)
                        break;
                    CrossOff(segment, FirstMultiple(prime, square, start), prime);
                }

                count += (segment.Length * 8L) - CountSet(segment) - CountOutside(segment, start, Math.Max(from, 17), to);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        return count;
    }

    /// <summary>Returns the bit of the first odd multiple of a prime in a segment, its square or later.</summary>
    private static long FirstMultiple(int prime, long square, long start)
    {
        if (square >= start)
            return (square - start) >> 1;
        long past = start % prime;
        long multiple = past == 0 ? 0 : prime - past;
        return (((start + multiple) & 1) == 0 ? multiple + prime : multiple) >> 1;
    }

    private static void Fill(Span<byte> segment, long start)
    {
        int phase = (int)((start >> 4) % WheelSize);
        while (!segment.IsEmpty)
        {
            int length = Math.Min(segment.Length, WheelSize - phase);
            Wheel.AsSpan(phase, length).CopyTo(segment);
            segment = segment[length..];
            phase = 0;
        }
    }

    private static void CrossOff(Span<byte> segment, long first, int step)
    {
        long bits = segment.Length * 8L;
        for (long bit = first; bit < bits; bit += step)
            segment[(int)(bit >> 3)] |= (byte)(1 << (int)(bit & 7));
    }

    private static bool IsSet(ReadOnlySpan<byte> segment, int bit) => (segment[bit >> 3] & (1 << (bit & 7))) != 0;

    private static long CountSet(ReadOnlySpan<byte> segment)
    {
        ReadOnlySpan<ulong> words = MemoryMarshal.Cast<byte, ulong>(segment);
        long set = 0;
        foreach (ulong word in words)
            set += BitOperations.PopCount(word);
        foreach (byte rest in segment[(words.Length * sizeof(ulong))..])
            set += BitOperations.PopCount(rest);
        return set;
    }

    /// <summary>Counts the primes that the rounding of a segment to whole bytes added at either end.</summary>
    private static int CountOutside(ReadOnlySpan<byte> segment, long start, long from, long to)
    {
        int outside = 0;
        for (int bit = 0; bit < 8 && start + (2 * bit) + 1 < from; bit++)
            outside += IsSet(segment, bit) ? 0 : 1;
        for (int bit = (segment.Length * 8) - 1; bit >= 0 && start + (2L * bit) + 1 > to; bit--)
            outside += IsSet(segment, bit) ? 0 : 1;
        return outside;
    }

    private static byte[] MakeWheel()
    {
        byte[] wheel = new byte[WheelSize];
        foreach (int prime in WheelPrimes)
            CrossOff(wheel, prime >> 1, prime);
        return wheel;
    }
}
