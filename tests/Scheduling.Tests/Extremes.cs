using CsCheck;

namespace OrleansWork.Scheduling.Tests;

/// <summary>Numbers as nobody means them and anybody may give them.</summary>
internal static class Extremes
{
    /// <summary>Makes one of some values.</summary>
    public static Gen<T> Among<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    /// <summary>Gets numbers of units, from none to more than there can be, mostly at the ends.</summary>
    public static Gen<long> Longs { get; } =
        Gen.Frequency((2, Gen.Long[0, 100]), (2, Among(0L, 1L, (1L << 62) - 1, 1L << 62, long.MaxValue)), (1, Gen.Long[0, long.MaxValue]));

    /// <summary>Gets seconds and shares, those that are no numbers among them.</summary>
    public static Gen<double> Doubles { get; } =
        Gen.Frequency(
            (2, Gen.Double[0, 1e6]),
            (1, Among(0.0, double.Epsilon, 1e-300, 1e9, 1e12, 1e18, 1e300, double.MaxValue)),
            (1, Among(double.NaN, double.PositiveInfinity, double.NegativeInfinity, -1))
        );
}
