using System.ComponentModel.DataAnnotations;
using System.Numerics;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using CsCheck;
using OrleansWork.Jobs;

namespace OrleansWork.Abstractions.Tests;

public sealed class KindInputTests
{
    public sealed record Point(double X, double Y = 2.5);

    public enum Shade
    {
        Light,
        VeryDark,
    }

    public sealed record Everything(
        string Name,
        int Count = 3,
        Shade Shade = Shade.VeryDark,
        TimeSpan? Limit = null,
        BigInteger? Large = null,
        Point? Center = null,
        IReadOnlyList<int>? Numbers = null,
        IReadOnlyDictionary<string, Point>? Named = null,
        DateTimeOffset? At = null,
        byte Small = 1
    );

    [JsonPolymorphic]
    [JsonDerivedType(typeof(Round), "round")]
    [JsonDerivedType(typeof(Square), "square")]
    public abstract record Shape;

    public sealed record Round(double Radius) : Shape;

    public sealed record Square(double Side) : Shape;

    public sealed record Drawing(Shape Shape);

    [Theory]
    [InlineData("""{}""", "name", "name is missing; it must be a string.")]
    [InlineData("""{"name":null}""", "name", "name is null; it must be a string.")]
    [InlineData("""{"name":5}""", "name", "name is 5; it must be a string.")]
    [InlineData(
        """{"name":"a","cuont":5}""",
        "cuont",
        "There is no field cuont; did you mean count? The fields are name, count, shade, limit, large, center, numbers, named, at, small."
    )]
    [InlineData(
        """{"name":"a","Count":5}""",
        "Count",
        "There is no field Count; did you mean count? The fields are name, count, shade, limit, large, center, numbers, named, at, small."
    )]
    [InlineData(
        """{"name":"a","zebra":5}""",
        "zebra",
        "There is no field zebra. The fields are name, count, shade, limit, large, center, numbers, named, at, small."
    )]
    [InlineData("""{"name":"a","count":"5"}""", "count", "count is \"5\"; it must be an integer.")]
    [InlineData("""{"name":"a","count":1.5}""", "count", "count is 1.5; it must be an integer, written without fraction or exponent.")]
    [InlineData(
        """{"name":"a","count":99999999999}""",
        "count",
        "count is 99999999999; it must be an integer from -2147483648 to 2147483647."
    )]
    [InlineData("""{"name":"a","small":256}""", "small", "small is 256; it must be an integer from 0 to 255.")]
    [InlineData("""{"name":"a","count":null}""", "count", "count is null; it must be an integer.")]
    [InlineData("""{"name":"a","count":[1]}""", "count", "count is a list; it must be an integer.")]
    [InlineData(
        """{"name":"a","shade":"very-drak"}""",
        "shade",
        "shade is \"very-drak\"; it must be one of light, very-dark; did you mean very-dark?"
    )]
    [InlineData("""{"name":"a","shade":1}""", "shade", "shade is 1; it must be one of light, very-dark.")]
    [InlineData(
        """{"name":"a","limit":"5 parsecs"}""",
        "limit",
        "limit is \"5 parsecs\"; it must be a duration such as \"50ms\", \"30s\" or \"2h\"."
    )]
    [InlineData("""{"name":"a","large":1.0}""", "large", "large is 1.0; it must be an integer, written without fraction or exponent.")]
    [InlineData("""{"name":"a","center":{}}""", "center.x", "center.x is missing; it must be a number.")]
    [InlineData(
        """{"name":"a","center":{"x":1,"z":1}}""",
        "center.z",
        "There is no field z in center; did you mean x? The fields are x, y."
    )]
    [InlineData("""{"name":"a","center":[1,2]}""", "center", "center is a list; it must be an object.")]
    [InlineData("""{"name":"a","numbers":{"a":1}}""", "numbers", "numbers is an object; it must be a list.")]
    [InlineData("""{"name":"a","numbers":[1,"2"]}""", "numbers[1]", "numbers[1] is \"2\"; it must be an integer.")]
    [InlineData("""{"name":"a","named":{"p":{"x":"1"}}}""", "named.p.x", "named.p.x is \"1\"; it must be a number.")]
    [InlineData("""{"name":"a","at":"yesterday"}""", "at", "at is \"yesterday\"; it must be a time such as \"2026-01-31T12:00:00Z\".")]
    [InlineData("""{"name":"a","count":1,"count":2}""", "count", "count is given twice.")]
    [InlineData("""[1]""", "", "The input is a list; it must be an object.")]
    [InlineData("""null""", "", "The input is null; it must be an object.")]
    [InlineData("", "", "The input is empty; {} takes every field's default.")]
    [InlineData(" \n", "", "The input is empty; {} takes every field's default.")]
    public void Read_WrongInput_NamesTheFieldAndWhatIsRight(string json, string field, string message) =>
        Assert.Equal([new(field, message)], Read<Everything>(json).Problems);

    [Theory]
    [InlineData("{\"name\":\"a\"")]
    [InlineData("{name:1}")]
    [InlineData("{\"name\":\"a\",}")]
    [InlineData("{\"name\":\"a\"} {}")]
    [InlineData("// nothing\n{}")]
    public void Read_NotJson_SaysWhere(string json)
    {
        InputProblem problem = Assert.Single(Read<Everything>(json).Problems);
        Assert.Equal("", problem.Field);
        Assert.StartsWith("The input is not JSON: line 1, position ", problem.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("System.", problem.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("LineNumber", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_TooDeep_IsRefused()
    {
        string json = $$"""{"name":{{new string('[', 70)}}{{new string(']', 70)}}}""";
        Assert.Contains("64", Assert.Single(Read<Everything>(json).Problems).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_NotUtf8_IsRefused() =>
        Assert.Equal([new("", "The input is not UTF-8 text.")], KindInput.Read<Everything>(new byte[] { 0x7B, 0xFF, 0x7D }).Problems);

    [Fact]
    public void Read_ByteOrderMark_IsSkipped() => Assert.Empty(Read<Everything>("\uFEFF{\"name\":\"a\"}").Problems);

    [Fact]
    public void Read_SeveralProblems_ListsThemAll() =>
        Assert.Equal(["count", "zebra", "name"], Read<Everything>("""{"count":"x","zebra":1}""").Problems.Select(problem => problem.Field));

    [Fact]
    public void Read_ManyProblems_ListsTheFirst()
    {
        string json = $$"""{"name":"a","numbers":[{{string.Join(',', Enumerable.Repeat("true", 10_000))}}]}""";
        Assert.Equal(KindInput.MaxProblems, Read<Everything>(json).Problems.Count);
    }

    [Fact]
    public void Read_AnyOrderOfFields_IsTheSameCanonicalInput()
    {
        const string expected =
            """{"name":"a","count":3,"shade":"light","limit":"2h","large":null,"center":{"x":1,"y":2.5},"numbers":null,"named":null,"at":null,"small":1}""";
        foreach (
            string json in (string[])
                [
                    """{"shade":"light","name":"a","center":{"x":1},"limit":"120m"}""",
                    """{ "limit":"7200s", "center":{"y":2.5,"x":1.0}, "count":3, "name":"\u0061", "shade":"light" }""",
                    expected,
                ]
        )
        {
            Assert.Equal(expected, Encoding.UTF8.GetString(Read<Everything>(json).Canonical!));
        }
    }

    [Fact]
    public void Read_AnyInput_IsCanonicalTheSecondTime() =>
        Gen.Select(Gen.String, Gen.Int, Gen.Double, Gen.Byte.Array, Gen.Long[0, 10_000_000_000])
            .Sample(
                (name, count, x, bytes, ticks) =>
                {
                    string valid = Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(name));
                    Everything input = new(valid, count, Limit: TimeSpan.FromTicks(ticks), Large: new BigInteger(bytes), Center: new(x));
                    byte[] json = JsonSerializer.SerializeToUtf8Bytes(input, OrleansWorkJson.Payloads);
                    KindInput<Everything> reading = KindInput.Read<Everything>(json);
                    Assert.Equal(input, reading.Value);
                    Assert.Equal(json, reading.Canonical);
                }
            );

    [Fact]
    public void Read_Polymorphic_IsLeftToItsDiscriminator()
    {
        Assert.Equal(new Drawing(new Square(2)), Read<Drawing>("""{"shape":{"$type":"square","side":2}}""").Value);
        InputProblem problem = Assert.Single(Read<Drawing>("""{"shape":{"$type":"star"}}""").Problems);
        Assert.Equal("shape", problem.Field);
        Assert.DoesNotContain("KindInputTests", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_PlainInput_NeedsNoObject()
    {
        Assert.Equal(5, Read<int>("5").Value);
        Assert.Equal([new("", "The input is \"5\"; it must be an integer.")], Read<int>("\"5\"").Problems);
        Assert.Equal([1, 2], Read<int[]>("[1,2]").Value!);
    }

    public sealed record Checked
    {
        public Checked(int level) =>
            Level = level >= 0 ? level : throw new ArgumentOutOfRangeException(nameof(level), "level must not be negative");

        public int Level { get; }
    }

    [Fact]
    public void Read_ConstructorRefuses_IsAProblem() =>
        Assert.Contains(
            "level must not be negative",
            Assert.Single(Read<Checked>("""{"level":-1}""").Problems).Message,
            StringComparison.Ordinal
        );

    public sealed record Annotated(
        [Range(1, 10)] int Count = 5,
        [property: StringLength(3)] string Name = "abc",
        Annotated? Inner = null,
        IReadOnlyList<Annotated>? Items = null
    );

    [Theory]
    [InlineData("""{"count":11}""", "count", "The field count must be between 1 and 10.")]
    [InlineData("""{"name":"abcd"}""", "name", "The field name must be a string with a maximum length of 3.")]
    [InlineData("""{"inner":{"count":0}}""", "inner.count", "The field inner.count must be between 1 and 10.")]
    [InlineData("""{"items":[{},{"count":0}]}""", "items[1].count", "The field items[1].count must be between 1 and 10.")]
    public void Validate_Annotations_CountOnParametersPropertiesAndNestedObjects(string json, string field, string message) =>
        Assert.Equal([new(field, message)], KindInput.Read(new AnnotatedKind(), Encoding.UTF8.GetBytes(json)).Problems);

    [JobKind]
    public sealed class AnnotatedKind : JobKind<Annotated, long>
    {
        public override long CountUnits(Annotated input) => 1;

        public override long RunUnit(Annotated input, long unit, UnitContext context) => input.Count;

        public override long Combine(long left, long right) => left + right;
    }

    public sealed class OwnValidation : JobKind<Annotated, long>
    {
        public override IEnumerable<InputProblem> Validate(Annotated input)
        {
            if (input.Count == 7)
                yield return new("count", "7 brings bad luck.");
        }

        public override long CountUnits(Annotated input) => 1;

        public override long RunUnit(Annotated input, long unit, UnitContext context) => input.Count;

        public override long Combine(long left, long right) => left + right;
    }

    [Theory]
    [InlineData(5, null)]
    [InlineData(7, "7 brings bad luck.")]
    [InlineData(11, "The field count must be between")]
    public void Read_KindWithAValidateOfItsOwn_IsHeldToItsAnnotationsToo(int count, string? problem)
    {
        KindInput<Annotated> reading = KindInput.Read(new OwnValidation(), Encoding.UTF8.GetBytes($$"""{"count":{{count}}}"""));
        if (problem is null)
            Assert.Empty(reading.Problems);
        else
            Assert.StartsWith(problem, Assert.Single(reading.Problems).Message, StringComparison.Ordinal);
    }

    public sealed record SelfChecked(int From = 1, int To = 2) : IValidatableObject
    {
        public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
        {
            if (To < From)
                yield return new ValidationResult("to must not be below from.", [nameof(To)]);
        }
    }

    [Fact]
    public void Validate_ValidatableObject_IsAsked() =>
        Assert.Equal([new("to", "to must not be below from.")], InputProblem.FromAnnotations(new SelfChecked(5, 4)));

    [Fact]
    public void InputSchema_Everything_HasTypesDefaultsAndRanges()
    {
        JsonElement fields = JobKindDescriptor.FromType(typeof(AnnotatedKind)).InputSchema().GetProperty("properties");
        Assert.Equal("integer", fields.GetProperty("count").GetProperty("type").GetString());
        Assert.Equal(5, fields.GetProperty("count").GetProperty("default").GetInt32());
        Assert.Equal(10, fields.GetProperty("count").GetProperty("maximum").GetInt32());

        JsonElement sum = JobKindDescriptor.FromType(typeof(Sum)).InputSchema().GetProperty("properties");
        Assert.Equal("""["integer","null"]""", sum.GetProperty("from").GetProperty("type").GetRawText());
        Assert.Equal("integer", sum.GetProperty("numbers").GetProperty("items").GetProperty("type").GetString());
        Assert.NotEqual("", sum.GetProperty("from").GetProperty("description").GetString());

        JsonElement synthetic = JobKindDescriptor.FromType(typeof(Synthetic)).InputSchema().GetProperty("properties");
        Assert.Equal("number", synthetic.GetProperty("alpha").GetProperty("type").GetString());
        Assert.Equal("""["spin","sleep"]""", synthetic.GetProperty("mode").GetProperty("enum").GetRawText());
    }

    public readonly record struct Corner(int X = 0, int Y = 0);

    [JobKind]
    public sealed class KindWithDefaults : JobKind<KindWithDefaults.Input, long>
    {
        public sealed record Input(
            string Name,
            TimeSpan Every = default,
            Guid Id = default,
            DateTimeOffset At = default,
            Corner Corner = default,
            int Count = 3
        );

        public override long CountUnits(Input input) => 1;

        public override long RunUnit(Input input, long unit, UnitContext context) => 1;

        public override long Combine(long left, long right) => left + right;
    }

    [Theory]
    [InlineData("every", "\"0s\"")]
    [InlineData("id", "\"00000000-0000-0000-0000-000000000000\"")]
    [InlineData("at", "\"0001-01-01T00:00:00+00:00\"")]
    [InlineData("corner", """{"x":0,"y":0}""")]
    [InlineData("count", "3")]
    public void InputSchema_DefaultOfAStruct_IsItsValue(string field, string value)
    {
        JsonElement schema = JobKindDescriptor.FromType(typeof(KindWithDefaults)).InputSchema();
        Assert.Equal(value, schema.GetProperty("properties").GetProperty(field).GetProperty("default").GetRawText());
        Assert.Equal("""["name"]""", schema.GetProperty("required").GetRawText());
        KindInput<KindWithDefaults.Input> reading = KindInput.Read(new KindWithDefaults(), """{"name":"a"}"""u8.ToArray());
        Assert.Equal(new KindWithDefaults.Input("a"), reading.Value);
    }

    private static KindInput<T> Read<T>(string json) => KindInput.Read<T>(Encoding.UTF8.GetBytes(json));
}
