using System.Collections;
using System.Globalization;
using System.Numerics;
using System.Text.Json;

namespace OrleansWork.Values;

/// <summary>A complex number is <c>{"real", "imaginary"}</c>.</summary>
internal sealed class ComplexConverter : ConverterAs<Complex, ComplexConverter.Parts>
{
    internal readonly record struct Parts(double Real, double Imaginary);

    protected override Parts To(Complex value) => new(value.Real, value.Imaginary);

    protected override Complex From(Parts written) => new(written.Real, written.Imaginary);
}

/// <summary>An integer of the processor's width is a number.</summary>
internal sealed class NativeIntegerConverter : ConverterAs<nint, long>
{
    protected override long To(nint value) => value;

    protected override nint From(long written) =>
        written >= nint.MinValue && written <= nint.MaxValue ? (nint)written : throw new JsonException();
}

/// <summary>An unsigned integer of the processor's width is a number.</summary>
internal sealed class UnsignedNativeIntegerConverter : ConverterAs<nuint, ulong>
{
    protected override ulong To(nuint value) => value;

    protected override nuint From(ulong written) => written <= nuint.MaxValue ? (nuint)written : throw new JsonException();
}

/// <summary>A bit array is a list of true and false.</summary>
internal sealed class BitArrayConverter : ConverterAs<BitArray, bool[]>
{
    protected override bool[] To(BitArray value)
    {
        bool[] bits = new bool[value.Length];
        value.CopyTo(bits, 0);
        return bits;
    }

    protected override BitArray From(bool[] written) => new(written);
}

/// <summary>An index is <c>"3"</c>, or <c>"^3"</c> from the end.</summary>
internal sealed class IndexConverter : ConverterAs<Index, string>
{
    protected override string To(Index value) => value.ToString();

    protected override Index From(string written) => Parse(written);

    internal static Index Parse(ReadOnlySpan<char> text)
    {
        bool fromEnd = text.StartsWith('^');
        return int.TryParse(fromEnd ? text[1..] : text, NumberStyles.None, CultureInfo.InvariantCulture, out int value)
            ? new Index(value, fromEnd)
            : throw new JsonException("An index is a string such as \"3\" or \"^3\".");
    }
}

/// <summary>A range is <c>"1..^2"</c>.</summary>
internal sealed class RangeConverter : ConverterAs<Range, string>
{
    private const string Between = "..";

    protected override string To(Range value) => value.ToString();

    protected override Range From(string written) =>
        written.IndexOf(Between, StringComparison.Ordinal) is >= 0 and var at
            ? IndexConverter.Parse(written.AsSpan(0, at))..IndexConverter.Parse(written.AsSpan(at + Between.Length))
            : throw new JsonException("A range is a string such as \"1..^2\".");
}
