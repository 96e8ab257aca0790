using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using OrleansWork.Console.Input;
using Xunit;

namespace OrleansWork.Console.Tests.Input;

public sealed class InputArgumentsTests
{
    /// <summary>Every form a schema may have, as the exporter of System.Text.Json and the descriptor of kinds write them.</summary>
    private const string Schema = """
        {
          "type": "object",
          "properties": {
            "count": { "type": "integer", "default": 3 },
            "centerX": { "type": "number" },
            "scale": { "anyOf": [{ "type": "number" }, { "enum": ["NaN", "Infinity", "-Infinity"] }] },
            "name": { "type": ["string", "null"] },
            "fast": { "type": "boolean", "default": true },
            "mode": { "enum": ["spin", "sleep"] },
            "numbers": { "type": ["array", "null"], "items": { "type": "integer" } },
            "paths": { "type": "array", "items": { "type": "string" } },
            "modes": { "type": "array", "items": { "enum": ["spin", "sleep"] } },
            "nested": { "type": "object", "properties": { "deep": { "type": "integer" } } },
            "again": { "$ref": "#/properties/count" },
            "maybe": { "type": ["integer", "null"] },
            "delay": true
          }
        }
        """;

    [Theory]
    [InlineData("""{"count":5}""", "--count", "5")]
    [InlineData("""{"count":5}""", "--count=5")]
    [InlineData("""{"count":-5}""", "--count", "-5")]
    [InlineData("""{"count":123456789012345678901234567890}""", "--count", "123456789012345678901234567890")]
    [InlineData("""{"centerX":-0.75}""", "--center-x", "-0.75")]
    [InlineData("""{"centerX":-0.75}""", "--centerX", "-.75")]
    [InlineData("""{"centerX":1000000}""", "--center-x", "1e6")]
    [InlineData("""{"scale":"NaN"}""", "--scale", "NaN")]
    [InlineData("""{"scale":2}""", "--scale", "2")]
    [InlineData("""{"name":"5"}""", "--name", "5")]
    [InlineData("""{"name":""}""", "--name=")]
    [InlineData("""{"name":"-x"}""", "--name", "-x")]
    [InlineData("""{"name":"a=b"}""", "--name=a=b")]
    [InlineData("""{"fast":true}""", "--fast")]
    [InlineData("""{"fast":false}""", "--fast", "false")]
    [InlineData("""{"fast":false}""", "--no-fast")]
    [InlineData("""{"fast":true,"count":1}""", "--fast", "--count", "1")]
    [InlineData("""{"mode":"sleep"}""", "--mode", "sleep")]
    [InlineData("""{"numbers":[1,2,3]}""", "--numbers", "1,2,3")]
    [InlineData("""{"numbers":[1,2,3]}""", "--numbers", "1", "--numbers", "2,3")]
    [InlineData("""{"numbers":[1,2]}""", "--numbers", "[1, 2]")]
    [InlineData("""{"numbers":[-1]}""", "--numbers", "-1")]
    [InlineData("""{"paths":["a b","*.txt"]}""", "--paths", "a b,*.txt")]
    [InlineData("""{"paths":["[x].txt"]}""", "--paths", "[x].txt")]
    [InlineData("""{"paths":["[a-z]*.txt","b"]}""", "--paths", "[a-z]*.txt,b")]
    [InlineData("""{"paths":["["]}""", "--paths", "[")]
    [InlineData("""{"paths":["[1","2]"]}""", "--paths", "[1,2]")]
    [InlineData("""{"paths":["[null]"]}""", "--paths", "[null]")]
    [InlineData("""{"paths":["[\"a\"].txt"]}""", "--paths", "[\"a\"].txt")]
    [InlineData("""{"paths":["a,b","c"]}""", "--paths", "[\"a,b\", \"c\"]")]
    [InlineData("""{"paths":[]}""", "--paths", "[]")]
    [InlineData("""{"paths":[" lead"]}""", "--paths", " lead")]
    [InlineData("""{"paths":["trail  "," b"]}""", "--paths", "trail  , b")]
    [InlineData("""{"paths":[""]}""", "--paths", "")]
    [InlineData("""{"paths":[""]}""", "--paths=")]
    [InlineData("""{"paths":["a","","b",""]}""", "--paths", "a,,b,")]
    [InlineData("""{"paths":["null","true","7","{}"]}""", "--paths", "null,true,7,{}")]
    [InlineData("""{"paths":["\t","-x"]}""", "--paths", "\t,-x")]
    [InlineData("""{"name":"null"}""", "--name", "null")]
    [InlineData("""{"name":" 5 "}""", "--name", " 5 ")]
    [InlineData("""{"name":"[x]"}""", "--name", "[x]")]
    [InlineData("""{"numbers":[1,2]}""", "--numbers", " 1, ,2,")]
    [InlineData("""{"numbers":[]}""", "--numbers", "")]
    [InlineData("""{"modes":["spin","sleep"]}""", "--modes", "spin,sleep")]
    [InlineData("""{"nested":{"deep":1}}""", "--nested", "{\"deep\":1}")]
    [InlineData("""{"again":7}""", "--again", "7")]
    [InlineData("""{"maybe":null}""", "--maybe", "null")]
    [InlineData("""{"delay":"50ms"}""", "--delay", "50ms")]
    [InlineData("""{"delay":50}""", "--delay", "50")]
    public void Build_Fields_BecomeJson(string expected, params string[] fields) => Assert.Equal(expected, Build(null, fields));

    [Theory]
    [InlineData("--count is 'five'; it must be a whole number.", "--count", "five")]
    [InlineData("--count is '1.5'; it must be a whole number.", "--count", "1.5")]
    [InlineData("--center-x is 'left'; it must be a number.", "--center-x", "left")]
    [InlineData("--mode is 'slep'; it must be one of spin, sleep. Did you mean 'sleep'?", "--mode", "slep")]
    [InlineData("--numbers is 'x'; it must be a whole number.", "--numbers", "1,x")]
    [InlineData("--numbers is not JSON (line 1, byte 3)", "--numbers", "[1,")]
    [InlineData("--paths has half of a surrogate pair in a string (line 1, byte 7)", "--paths", "[\"b\", \"a\\ud800b\"]")]
    [InlineData("--delay has half of a surrogate pair in a string (line 1, byte 1)", "--delay", "\"\\udc00\"")]
    [InlineData("--nested has half of a surrogate pair in a string (line 1, byte 2)", "--nested", "{\"\\ud83d\":1}")]
    [InlineData("--nested is 'x'; it must be a JSON object; give it by --input.", "--nested", "x")]
    [InlineData("--count needs a value: --count integer.", "--count")]
    [InlineData("--count needs a value: --count integer.", "--count", "--fast")]
    [InlineData("--count is given 2 times; it takes one value.", "--count", "1", "--count", "2")]
    [InlineData("--fast is 'yes'; it must be true or false, or given without a value.", "--fast=yes")]
    [InlineData("Unknown option '--cuont' for k. Did you mean '--count'?", "--cuont", "1")]
    [InlineData("Unknown option '--placment' for k. Did you mean '--placement'?", "--placment", "x")]
    [InlineData("Unknown option '-c'. The fields of k are", "-c", "1")]
    [InlineData("'7' belongs to no field; give fields by name, such as --count 7.", "7")]
    public void Build_WrongField_SaysWhatIsWrong(string expected, params string[] fields)
    {
        UsageException exception = Assert.Throws<UsageException>(() => Build(null, fields));
        Assert.StartsWith(expected, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Build_UnknownMemberOfTheDocument_IsNamed()
    {
        UsageException exception = Assert.Throws<UsageException>(() => Build("""{"cuont": 1}"""));
        Assert.Equal("Unknown field 'cuont' for k. Did you mean 'count'?", exception.Message);
    }

    [Fact]
    public void Build_KebabCaseMemberOfTheDocument_IsNotThePropertysName() =>
        Assert.Throws<UsageException>(() => Build("""{"center-x": 1}"""));

    [Theory]
    [InlineData("{\"a\": 1, \"a\": 2}")]
    [InlineData("{\"a\": 1")]
    [InlineData("null")]
    [InlineData("@/no/such/file.json")]
    [InlineData("@")]
    public void ReadDocument_NotADocument_IsRefused(string value) =>
        Assert.Throws<UsageException>(() => InputArguments.ReadDocument(value, () => Stream.Null));

    [Fact]
    public void ReadDocument_StandardInput_IsRead()
    {
        JsonNode? node = InputArguments.ReadDocument("-", () => new MemoryStream("{\"a\":1}"u8.ToArray()));
        Assert.Equal("""{"a":1}""", node!.ToJsonString());
    }

    [Theory]
    [InlineData("{\"items\":[\"a\\ud800b\"]}", "line 1, byte 11")]
    [InlineData("{\n \"items\": [\"good\\ud83d\\ude00\",\n\"\\udc00\"]}", "line 3, byte 1")]
    [InlineData("{\"\\ud800\": 1, \"\\ud800\": 2}", "line 1, byte 2")]
    [InlineData("\"\\ud800\\ud800\"", "line 1, byte 1")]
    public void ReadDocument_HalfOfASurrogatePair_IsRefusedWithItsPlace(string json, string place)
    {
        foreach (string value in (string[])[json, "-"])
        {
            UsageException exception = Assert.Throws<UsageException>(() =>
                InputArguments.ReadDocument(value, () => new MemoryStream(Encoding.UTF8.GetBytes(json)))
            );
            Assert.StartsWith("--input", exception.Message, StringComparison.Ordinal);
            Assert.Contains(place, exception.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void ReadDocument_WholeSurrogatePair_IsKept() =>
        Assert.Equal("\U0001F600", InputArguments.ReadDocument("{\"a\":\"\\ud83d\\ude00\"}", () => Stream.Null)!["a"]!.GetValue<string>());

    /// <summary>Bytes that are no UTF-8, with what is said of them.</summary>
    public static TheoryData<byte[], string> NoText =>
        new()
        {
            { [.. "{\"a\":1,\n\"b\":\"caf"u8, 0xE9, .. "\"}"u8], "byte 0xe9 in line 2, byte 9" },
            { [0xFF, 0xFE, (byte)'{', 0], "UTF-16" },
            { [.. "\"\""u8, 0xED, 0xA0, 0x80], "byte 0xed in line 1, byte 3" },
            { [.. "\"a"u8, 0xC3], "byte 0xc3 in line 1, byte 3" },
            { [.. "\n\n"u8, 0xC0, 0x80], "byte 0xc0 in line 3, byte 1" },
        };

    [Theory]
    [MemberData(nameof(NoText))]
    public void ReadDocument_BytesThatAreNoText_AreRefusedWithTheirPlace(byte[] bytes, string place)
    {
        string file = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        File.WriteAllBytes(file, bytes);
        try
        {
            foreach ((string value, string source) in (IEnumerable<(string, string)>)[("-", "the standard input"), ($"@{file}", file)])
            {
                UsageException document = Assert.Throws<UsageException>(() =>
                    InputArguments.ReadDocument(value, () => new MemoryStream(bytes))
                );
                Assert.StartsWith($"--input: {source} is ", document.Message, StringComparison.Ordinal);
                Assert.Contains(place, document.Message, StringComparison.Ordinal);
                UsageException items = Assert.Throws<UsageException>(() =>
                    InputArguments.WithItems(null, value.TrimStart('@'), () => new MemoryStream(bytes))
                );
                Assert.StartsWith($"--items-from: {source} is ", items.Message, StringComparison.Ordinal);
                Assert.Contains(place, items.Message, StringComparison.Ordinal);
            }
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Theory]
    [InlineData("a\nb\n", "a|b")]
    [InlineData("a\r\nb", "a|b")]
    [InlineData(" a \n\n\tb\n", " a ||\tb")]
    [InlineData("a\rb\n", "a\rb")]
    [InlineData("a\r", "a\r")]
    [InlineData("\uFEFFa\n", "a")]
    [InlineData("[x].txt\n\"q\"\na,b\n", "[x].txt|\"q\"|a,b")]
    [InlineData("", "")]
    public void WithItems_Lines_AreTakenAsTheyAre(string text, string expected)
    {
        JsonNode? input = InputArguments.WithItems(null, "-", () => new MemoryStream(Encoding.UTF8.GetBytes(text)));
        string[] items = [.. input!["items"]!.AsArray().Select(item => item!.GetValue<string>())];
        Assert.Equal(expected.Length == 0 ? [] : expected.Split('|'), items);
    }

    [Fact]
    public void Read_StreamWithoutEnd_IsGivenUp()
    {
        Assert.SkipUnless(File.Exists("/dev/zero"), "There is no /dev/zero.");
        UsageException exception = Assert.Throws<UsageException>(() => InputArguments.WithItems(null, "/dev/zero", () => Stream.Null));
        Assert.Contains("more than 64 MiB", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Build_BareValueForAKindWithoutFields_IsPassedOn()
    {
        InputArguments arguments = new(JsonNode.Parse("5"), [], []);
        Assert.Equal("5", Encoding.UTF8.GetString(arguments.Build(new InputSchema(JsonElement.Parse("""{"type":"integer"}""")), "k", [])));
    }

    private static string Build(string? document, params string[] fields)
    {
        InputArguments arguments = new(document is null ? null : JsonNode.Parse(document), fields, []);
        return Encoding.UTF8.GetString(arguments.Build(new InputSchema(JsonElement.Parse(Schema)), "k", ["--placement", "--json"]));
    }
}
