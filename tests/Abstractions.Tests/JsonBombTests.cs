using System.Numerics;
using System.Text;

namespace OrleansWork.Abstractions.Tests;

/// <summary>Inputs that are made to cost much: each is one clear refusal.</summary>
public sealed class JsonBombTests
{
    public sealed record Input(
        string Name = "",
        int Count = 0,
        BigInteger? Large = null,
        double Real = 0,
        DayOfWeek Day = DayOfWeek.Monday,
        IReadOnlyDictionary<string, int>? Named = null
    );

    public static TheoryData<string, string> Bombs =>
        new()
        {
            { "100,000 lists in one another", "depth of 64" },
            { "100,000 objects in one another", "depth of 64" },
            { "a million unknown keys", "There is no field k0" },
            { "a million times the same key", "count is given twice" },
            { "a million times the same key in a dictionary", "named.a is given twice" },
            { "a key of a megabyte", "There is no field kkkk" },
            { "an integer of a million digits", "count is 9999" },
            { "an integer with a huge exponent", "count is 1e99" },
            { "a number with a huge exponent", "real is 1e99" },
            { "a large integer with a huge exponent", "large is 1e99" },
            { "an integer of any size with a million digits", "it must be an integer of at most 100,000 digits" },
            { "NUL in the text", "is not JSON" },
            { "NUL after the text", "is not JSON" },
            { "a lone surrogate as value", "name is \"\\ud800\"; it has half of a surrogate pair" },
            { "a lone surrogate as enum", "day is \"\\udfff\"; it has half of a surrogate pair" },
            { "a lone surrogate as key", "A field has a name with half of a surrogate pair" },
            { "a lone surrogate as key in a dictionary", "A field in named has a name with half of a surrogate pair" },
        };

    [Theory]
    [MemberData(nameof(Bombs))]
    public void Read_Bomb_IsRefusedInFewWords(string bomb, string message)
    {
        KindInput<Input> reading = KindInput.Read<Input>(Encoding.UTF8.GetBytes(Text(bomb)));
        Assert.Null(reading.Canonical);
        Assert.InRange(reading.Problems.Count, 1, KindInput.MaxProblems);
        Assert.Contains(message, reading.Problems[0].Message, StringComparison.Ordinal);
        Assert.All(reading.Problems, problem => Assert.InRange(problem.Message.Length, 1, 400));
    }

    private static string Text(string bomb) =>
        bomb switch
        {
            "100,000 lists in one another" => $$"""{"name":{{new string('[', 100_000)}}{{new string(']', 100_000)}}}""",
            "100,000 objects in one another" => $"{string.Concat(Enumerable.Repeat("{\"name\":", 100_000))}1{new string('}', 100_000)}",
            "a million unknown keys" => $"{{{string.Join(',', Enumerable.Range(0, 1_000_000).Select(i => $"\"k{i}\":0"))}}}",
            "a million times the same key" => $"{{{string.Join(',', Enumerable.Repeat("\"count\":1", 1_000_000))}}}",
            "a million times the same key in a dictionary" =>
                $"{{\"named\":{{{string.Join(',', Enumerable.Repeat("\"a\":1", 1_000_000))}}}}}",
            "a key of a megabyte" => $$"""{"{{new string('k', 1_000_000)}}":1}""",
            "an integer of a million digits" => $$"""{"count":{{new string('9', 1_000_000)}}}""",
            "an integer with a huge exponent" => """{"count":1e999999999}""",
            "a number with a huge exponent" => """{"real":1e999999999}""",
            "a large integer with a huge exponent" => """{"large":1e999999999}""",
            "an integer of any size with a million digits" => $$"""{"large":{{new string('9', 1_000_000)}}}""",
            "NUL in the text" => "{\"name\":\"a\0b\"}",
            "NUL after the text" => "{\"name\":\"a\"}\0",
            "a lone surrogate as value" => """{"name":"\ud800"}""",
            "a lone surrogate as enum" => """{"day":"\udfff"}""",
            "a lone surrogate as key" => """{"\ud800":1}""",
            "a lone surrogate as key in a dictionary" => """{"named":{"\udc00":1}}""",
            _ => throw new ArgumentOutOfRangeException(nameof(bomb)),
        };
}
