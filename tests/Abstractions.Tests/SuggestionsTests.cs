using CsCheck;

namespace OrleansWork.Abstractions.Tests;

public sealed class SuggestionsTests
{
    private static readonly string[] Kinds = ["sum", "primes", "pi", "mandelbrot", "wordcount", "synthetic", "wait", "exec"];
    private static readonly string[] Fields = ["from", "to", "block", "closedForm", "numbers"];

    [Theory]
    [InlineData("prime", "primes")]
    [InlineData("pirmes", "primes")]
    [InlineData("PRIMES", "primes")]
    [InlineData("snythetic", "synthetic")]
    [InlineData("mandel", "mandelbrot")]
    [InlineData("mendelbort", "mandelbrot")]
    [InlineData("som", "sum")]
    [InlineData("zebra", null)]
    [InlineData("x", null)]
    [InlineData("", null)]
    public void Nearest_Kinds_AreFound(string word, string? expected) => Assert.Equal(expected, Suggestions.Nearest(word, Kinds));

    [Theory]
    [InlineData("blok", "block")]
    [InlineData("closed-form", "closedForm")]
    [InlineData("closedform", "closedForm")]
    [InlineData("form", "from")]
    [InlineData("num", "numbers")]
    public void Nearest_Fields_AreFound(string word, string? expected) => Assert.Equal(expected, Suggestions.Nearest(word, Fields));

    [Fact]
    public void Nearest_NoCandidates_IsNull() => Assert.Null(Suggestions.Nearest("primes", []));

    [Fact]
    public void Nearest_AnyWordAmongItsCandidates_IsItself() =>
        Gen.String[Gen.Char['a', 'e'], 1, 8]
            .Array[1, 8]
            .Sample(words => words.All(word => string.Equals(Suggestions.Nearest(word, words), word, StringComparison.Ordinal)));

    [Fact]
    public void Nearest_OneEditAway_IsFound() =>
        Gen.Select(Gen.String[Gen.Char['a', 'z'], 4, 10], Gen.Int[0, 3], Gen.Char['a', 'z'])
            .Sample(
                (word, at, letter) =>
                    Suggestions.Nearest(word.Insert(at, $"{letter}"), [word]) == word
                    && Suggestions.Nearest(word.Remove(at, 1), [word]) == word
            );
}
