using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using OrleansWork.Values;

namespace OrleansWork.Abstractions.Tests.Values;

/// <summary>Properties and constructors that change what they are given do not change what crosses.</summary>
public sealed class AccessorTests
{
    public sealed class TwoViews
    {
        public double Celsius { get; set; }

        public double Fahrenheit
        {
            get => (Celsius * 9 / 5) + 32;
            set => Celsius = (value - 32) * 5 / 9;
        }
    }

    public sealed class Search
    {
        private string? _best;

        public int Hits { get; set; }

        public string? Best
        {
            get => _best;
            set
            {
                _best = value;
                Hits++;
            }
        }
    }

    public sealed class Span
    {
        private double _low;
        private double _high;

        public double Low
        {
            get => _low;
            set => _low = Math.Min(value, _high);
        }

        public double High
        {
            get => _high;
            set => _high = Math.Max(value, _low);
        }

        public Span With(double low, double high)
        {
            _low = low;
            _high = high;
            return this;
        }
    }

    public sealed class Score
    {
        public int Best
        {
            get;
            set => field = Math.Max(0, value);
        } = -1;
    }

    public sealed class Floor
    {
        public int Level
        {
            get;
            init => field = Math.Max(0, value);
        } = -1;
    }

    public record Normed(string Name)
    {
        public string Name { get; init; } = Name.Trim().ToUpperInvariant();
    }

    public sealed class Clamped(int count)
    {
        public int Count { get; private set; } = Math.Min(count, 3);

        public Clamped Plus(int more)
        {
            Count += more;
            return this;
        }
    }

    public sealed class Distinct
    {
        public Distinct(IReadOnlyList<string> lines) => Lines = [.. lines.Distinct()];

        public IReadOnlyList<string> Lines { get; init; }
    }

    public sealed class Lazily
    {
        private List<int>? _list;

        public List<int> List
        {
            get => _list ??= [7];
            set => _list = value;
        }
    }

    public sealed class Stored
    {
        [NonSerialized]
        private Version _version = new(1, 0);

        public string Text
        {
            get => _version.ToString();
            set => _version = Version.Parse(value);
        }
    }

    public sealed class Limits
    {
        [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
        public int Min { get; set; } = 100;

        [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
        public string? Label { get; set; } = "none";

        [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
        public int Plain { get; set; }
    }

    [Fact]
    public void Values_OfAccessorsThatCompute_ComeBackToTheLastBit()
    {
        Assert.Equal(0.7, Cross(new TwoViews { Celsius = 0.7 }).Celsius);
        Search search = new() { Best = "x" };
        Assert.Equal(1, Cross(search).Hits);
        Span span = Cross(new Span().With(1, 20));
        Assert.Equal((1, 20), (span.Low, span.High));
        Assert.Equal(-1, Cross(new Score()).Best);
        Assert.Equal(5, Cross(new Score { Best = 5 }).Best);
        Assert.Equal(-1, Cross(new Floor()).Level);
        Assert.Equal([7], Cross(new Lazily()).List);
        Assert.Equal("2.5", Cross(new Stored { Text = "2.5" }).Text);
    }

    [Fact]
    public void Values_OfConstructorsThatCompute_ComeBackAsTheyAre()
    {
        Assert.Equal(" b ", Cross(new Normed("a") { Name = " b " }).Name);
        Assert.Equal("A", Cross(new Normed("a")).Name);
        Assert.Equal(9, Cross(new Clamped(4).Plus(6)).Count);
        Assert.Equal(["a", "a"], Cross(new Distinct([]) { Lines = ["a", "a"] }).Lines);
    }

    [Fact]
    public void Values_OfWhatIsLeftOutByDefault_ComeBack()
    {
        Limits read = Cross(new Limits { Min = 0, Label = null });
        Assert.Equal((0, null), (read.Min, read.Label));

        // An input or a result takes the same way, and stays as short as it can be.
        string json = Json(new Limits { Min = 0, Label = null });
        Assert.Equal("""{"min":0,"label":null}""", json);
        Assert.Equal("""{"min":100,"label":"none","plain":1}""", Json(new Limits { Plain = 1 }));
    }

    [Fact]
    public void Results_OfAccessorsThatCompute_AreAsBefore()
    {
        Assert.Equal("""{"celsius":100,"fahrenheit":212}""", Json(new TwoViews { Celsius = 100 }));
        Assert.Equal("""{"name":"A"}""", Json(new Normed("a")));
        Assert.Equal("""{"low":1,"high":20}""", Json(new Span().With(1, 20)));
        Assert.Equal("""{"celsius":0}""", Encoding.UTF8.GetString(PayloadCodec<TwoViews>.Create().Encode(new TwoViews())));
    }

    private static T Cross<T>(T value)
    {
        PayloadCodec<T> codec = PayloadCodec<T>.Create();
        byte[] bytes = codec.Encode(value);
        new CrossingCheck<T>(codec).Look(value, bytes, "It");
        return codec.Decode(bytes);
    }

    private static string Json<T>(T value) => JsonSerializer.Serialize(value, OrleansWorkJson.Payloads);
}
