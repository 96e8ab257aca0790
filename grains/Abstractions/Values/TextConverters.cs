using System.Globalization;
using System.Text;
using System.Text.Json;

namespace OrleansWork.Values;

/// <summary>A string builder is its text; how much room it has is no part of it.</summary>
internal sealed class StringBuilderConverter : ConverterAs<StringBuilder, string>
{
    protected override string To(StringBuilder value) =>
        value.MaxCapacity == int.MaxValue
            ? value.ToString()
            : throw new NotSupportedException(
                $"A StringBuilder with a limit of {value.MaxCapacity} characters cannot cross: the limit would be lost."
            );

    protected override StringBuilder From(string written) => new(written);
}

/// <summary>A Unicode scalar value is a string of one character.</summary>
internal sealed class RuneConverter : ConverterAs<Rune, string>
{
    protected override string To(Rune value) => value.ToString();

    protected override Rune From(string written) =>
        written.Length > 0 && Rune.TryGetRuneAt(written, 0, out Rune rune) && rune.Utf16SequenceLength == written.Length
            ? rune
            : throw new JsonException("It must be a string of one character.");
}

/// <summary>A value that its own text says whole.</summary>
internal sealed class ParsableConverter<T> : ConverterAs<T, string>
    where T : IParsable<T>
{
    protected override string To(T value) => value.ToString()!;

    protected override T From(string written) =>
        T.TryParse(written, CultureInfo.InvariantCulture, out T? value) ? value : throw new JsonException();
}
