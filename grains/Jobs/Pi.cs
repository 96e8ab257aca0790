using System.ComponentModel;
using System.Numerics;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace OrleansWork.Jobs;

/// <summary>Estimates pi by throwing points at a square and counting those in the quarter circle.</summary>
/// <remarks>
/// Point i is computed from the seed and i alone, and tested with integers: the result has the same bits on any machine, for any
/// <c>block</c>, however it was run.
/// </remarks>
[JobKind("pi", Description = "Estimates pi from random points, the same bits for the same seed")]
public sealed class Pi : JobKind<Pi.Input, long, Pi.Result>
{
    private const long CancellationStride = 1 << 20;

    /// <summary>Names this kind with its types.</summary>
    public static readonly JobKindRef<Input, Result> Kind = KindOf<Pi>();

    /// <summary>How many points to throw.</summary>
    public sealed record Input(
        [property: Description("how many points are thrown, 1 to 2^62")] long Samples = 100_000_000,
        [property: Description("the seed of the points")] long Seed = 1,
        [property: Description("how many points a unit throws, at least 1")] long Block = 1_000_000
    );

    /// <summary>The estimate and what it was made from: <c>estimate = 4 · inside / samples</c>.</summary>
    public sealed record Result(double Estimate, long Inside, long Samples);

    /// <inheritdoc/>
    public override IEnumerable<InputProblem> Validate(Input input)
    {
        if (input.Samples is < 1 or > 1L << 62)
            yield return new("samples", $"samples is {input.Samples}; it must be from 1 to 2^62.");
        if (input.Block < 1)
            yield return new("block", $"block is {input.Block}; it must be at least 1.");
    }

    /// <inheritdoc/>
    public override long CountUnits(Input input) => ((input.Samples - 1) / input.Block) + 1;

    /// <inheritdoc/>
    public override long RunUnit(Input input, long unit, UnitContext context)
    {
        long from = unit * input.Block;
        long to = (long)Int128.Min((Int128)from + input.Block, input.Samples);
        long inside = 0;
        for (long start = from; start < to; start += CancellationStride)
        {
            context.CancellationToken.ThrowIfCancellationRequested();
            inside += QuarterCircle.Count((ulong)input.Seed, start, Math.Min(start + CancellationStride, to));
        }

        return inside;
    }

    /// <inheritdoc/>
    public override long Combine(long left, long right) => left + right;

    /// <inheritdoc/>
    public override Result Finish(Input input, long partial) => new(4.0 * partial / input.Samples, partial, input.Samples);
}

/// <summary>Points on a grid of 2^32 by 2^32: one block of Philox4x32-10 makes the points 2b (first two words) and 2b + 1 (last two).</summary>
internal static class QuarterCircle
{
    /// <summary>Counts the points [<paramref name="from"/>, <paramref name="to"/>) inside, on the fastest path of this machine.</summary>
    public static long Count(ulong seed, long from, long to)
    {
        long inside = 0;
        if ((from & 1) != 0 && from < to)
            inside += CountOne(seed, from++);
        if (Avx2.IsSupported)
        {
            long vectorized = from + ((to - from) & ~7L);
            inside += CountVectorized(seed, (ulong)from >> 1, (ulong)vectorized >> 1);
            from = vectorized;
        }

        return inside + CountScalar(seed, from, to);
    }

    /// <summary>Counts the points [<paramref name="from"/>, <paramref name="to"/>) inside, one block at a time.</summary>
    public static long CountScalar(ulong seed, long from, long to)
    {
        long inside = 0;
        if ((from & 1) != 0 && from < to)
            inside += CountOne(seed, from++);
        for (; from < to - 1; from += 2)
        {
            (uint a, uint b, uint c, uint d) = PhiloxRandom.At(seed, 0, (ulong)from >> 1);
            inside += (IsInside((a, b)) ? 1 : 0) + (IsInside((c, d)) ? 1 : 0);
        }

        return from < to ? inside + CountOne(seed, from) : inside;
    }

    private static int CountOne(ulong seed, long point)
    {
        (uint a, uint b, uint c, uint d) = PhiloxRandom.At(seed, 0, (ulong)point >> 1);
        return IsInside((point & 1) == 0 ? (a, b) : (c, d)) ? 1 : 0;
    }

    // x² + y² < 2^64 exactly when the sum of 64-bit integers does not carry.
    private static bool IsInside((uint X, uint Y) point)
    {
        ulong square = (ulong)point.X * point.X;
        return square + ((ulong)point.Y * point.Y) >= square;
    }

    /// <summary>Counts the points of the Philox blocks [<paramref name="from"/>, <paramref name="to"/>), a multiple of four of them.</summary>
    /// <remarks>A word lies in the lower half of a 64-bit lane; the multiplication ignores what the xor leaves in the upper half.</remarks>
    private static long CountVectorized(ulong seed, ulong from, ulong to)
    {
        Vector256<ulong> multiplier0 = Vector256.Create(0xD2511F53UL);
        Vector256<ulong> multiplier1 = Vector256.Create(0xCD9E8D57UL);
        Vector256<ulong> outside = Vector256<ulong>.Zero;
        for (ulong block = from; block < to; block += 4)
        {
            Vector256<ulong> counter = Vector256.Create(block) + Vector256.Create(0UL, 1, 2, 3);
            Vector256<ulong> c0 = counter,
                c1 = counter >>> 32,
                c2 = Vector256<ulong>.Zero,
                c3 = Vector256<ulong>.Zero;
            uint key0 = (uint)seed,
                key1 = (uint)(seed >> 32);
            for (int round = 0; round < 10; round++)
            {
                Vector256<ulong> p0 = Multiply(c0, multiplier0);
                Vector256<ulong> p1 = Multiply(c2, multiplier1);
                c0 = (p1 >>> 32) ^ c1 ^ Vector256.Create((ulong)key0);
                c1 = p1;
                c2 = (p0 >>> 32) ^ c3 ^ Vector256.Create((ulong)key1);
                c3 = p0;
                key0 += 0x9E3779B9;
                key1 += 0xBB67AE85;
            }

            Vector256<ulong> square0 = Multiply(c0, c0);
            Vector256<ulong> square1 = Multiply(c2, c2);
            outside -= Vector256.LessThan(square0 + Multiply(c1, c1), square0);
            outside -= Vector256.LessThan(square1 + Multiply(c3, c3), square1);
        }

        return (long)(((to - from) * 2) - Vector256.Sum(outside));
    }

    private static Vector256<ulong> Multiply(Vector256<ulong> left, Vector256<ulong> right) =>
        Avx2.Multiply(left.AsUInt32(), right.AsUInt32());
}
