using System.Collections.Concurrent;
using System.Collections.ObjectModel;
using System.Text.Json.Nodes;

namespace OrleansWork.Abstractions.Tests.Values;

/// <summary>Comparers come back, or are refused whenever they are written.</summary>
public sealed class ComparerTests
{
    public sealed record Counts(IReadOnlyDictionary<string, int> All);

    public sealed record Names(IReadOnlySet<string> All);

    public sealed record Loose(IReadOnlyCollection<string> All);

    public sealed record Looser(IEnumerable<string> All);

    public sealed class Tally : ConcurrentDictionary<string, int>
    {
        public Tally() { }

        public Tally(IEqualityComparer<string> comparer)
            : base(comparer) { }
    }

    public class History : Stack<int>;

    public class Later : History;

    public sealed class Modulo(int by) : IEqualityComparer<int>
    {
        public bool Equals(int x, int y) => x % by == y % by;

        public int GetHashCode(int obj) => obj % by;
    }

    public sealed class Buckets
    {
        public Buckets()
            : this(10) { }

        public Buckets(int by) => Seen = new HashSet<int>(new Modulo(by));

        public HashSet<int> Seen { get; set; }
    }

    public sealed class Sized(int by)
    {
        public int By { get; } = by;

        public HashSet<int> Seen { get; set; } = new(new Modulo(by));
    }

    public sealed class Ranking
    {
        public SortedSet<int> Items { get; set; } = new(Comparer<int>.Create((a, b) => a.CompareTo(b)));
    }

    public sealed class ByTen : HashSet<int>
    {
        public ByTen()
            : base(new Modulo(10)) { }
    }

    public sealed record Held(JsonObject? More);

    [Fact]
    public void Comparers_BehindWhatIsOnlyRead_ComeBack()
    {
        Counts counts = Cross(new Counts(new Dictionary<string, int>(StringComparer.OrdinalIgnoreCase) { ["Word"] = 1 }.AsReadOnly()));
        Assert.Equal(1, counts.All["WORD"]);
        Names names = Cross(new Names(new ReadOnlySet<string>(new HashSet<string>(StringComparer.OrdinalIgnoreCase) { "Word" })));
        Assert.Contains("WORD", names.All);
    }

    [Fact]
    public void Comparers_BehindAnInterface_AreRefusedWheneverTheyAreWritten()
    {
        HashSet<string> set = new(StringComparer.OrdinalIgnoreCase) { "Word" };
        Refused(new Loose(set), "HashSet<string> with the comparer ordinal-ignore-case is where a IReadOnlyCollection<string> is declared");
        Refused(new Looser(set), "IEnumerable<string> is declared");
        Refused(new Looser(new SortedSet<string>(StringComparer.Ordinal)), "IEnumerable<string> is declared");
        Cross(new Loose(new HashSet<string> { "a" }));
        Cross(new Looser(new SortedSet<string> { "a" }));
    }

    [Fact]
    public void Comparers_OfADerivedDictionary_AreThoseOfItsConstructor()
    {
        Assert.Equal(1, Cross(new Tally { ["a"] = 1 })["a"]);
        Refused(new Tally(StringComparer.OrdinalIgnoreCase) { ["a"] = 1 }, "ordinal-ignore-case");
        ByTen ten = Cross(new ByTen { 3 });
        Assert.Contains(13, ten);
    }

    [Fact]
    public void Stacks_OfADerivedClass_KeepTheirOrder()
    {
        History history = new();
        Later later = new();
        foreach (int number in (int[])[1, 2, 3])
        {
            history.Push(number);
            later.Push(number);
        }

        Assert.Equal([3, 2, 1], Cross(history));
        Assert.Equal([3, 2, 1], Cross(later));
    }

    [Fact]
    public void Comparers_WithOtherStateOrMethod_AreRefusedWheneverTheyAreWritten()
    {
        Buckets ten = Cross(new Buckets { Seen = { 4 } });
        Assert.Contains(14, ten.Seen);
        Refused(new Buckets(7) { Seen = { 4 } }, "Modulo");
        Sized seven = Cross(new Sized(7) { Seen = { 4 } });
        Assert.Contains(11, seven.Seen);
        Assert.DoesNotContain(14, seven.Seen);
        Assert.Equal([1, 2], Cross(new Ranking { Items = { 2, 1 } }).Items);
        Refused(new Ranking { Items = new(Comparer<int>.Create((a, b) => b.CompareTo(a))) { 1 } }, "HashSet", isContained: false);
    }

    [Fact]
    public void Json_ThatIgnoresCase_IsRefusedWheneverItIsWritten()
    {
        JsonNodeOptions options = new() { PropertyNameCaseInsensitive = true };
        Refused(new JsonObject(options), "PropertyNameCaseInsensitive");
        Refused<JsonNode>(new JsonArray(new JsonObject { ["a"] = new JsonObject(options) }), "PropertyNameCaseInsensitive");
        Refused(new List<JsonNode?> { null, new JsonObject(options) }, "PropertyNameCaseInsensitive");
        Refused(new Dictionary<string, JsonObject> { ["a"] = new(options) }, "PropertyNameCaseInsensitive");
        Refused(new Held(new JsonObject(options)), "PropertyNameCaseInsensitive");
        Assert.Equal("""{"a":[1,null,"x"]}""", Cross<JsonNode>(JsonNode.Parse("""{"a":[1,null,"x"]}""")!).ToJsonString());
    }

    private static void Refused<T>(T value, string words, bool isContained = true)
    {
        NotSupportedException refused = Assert.Throws<NotSupportedException>(() => PayloadCodec<T>.Create().Encode(value));
        Assert.Equal(isContained, refused.Message.Contains(words, StringComparison.Ordinal));
    }

    private static T Cross<T>(T value)
    {
        PayloadCodec<T> codec = PayloadCodec<T>.Create();
        return codec.Decode(codec.Encode(value));
    }
}
