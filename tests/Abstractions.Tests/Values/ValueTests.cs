using System.Collections;
using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Numerics;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using CsCheck;
using OrleansWork.Testing;

namespace OrleansWork.Abstractions.Tests.Values;

/// <summary>Values come back as they were, or are refused by name.</summary>
public sealed class ValueTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(20)]
    public async Task Run_PartialsThatJsonLoses_GiveTheRightValue(int chunk)
    {
        JobOptions options = new() { ChunkUnits = chunk };
        Stats stats = await LocalRunner.RunAsync(new PrivateSet(), new Size(), options, cancellationToken: Token);
        Assert.Equal((20, 190.0), (stats.Count, stats.Sum));
        Assert.Equal(new Complex(20, 190), await LocalRunner.RunAsync(new ComplexSum(), new Size(), options, cancellationToken: Token));
        Stack<long> stack = await LocalRunner.RunAsync(new StackOrder(), new Size(), options, cancellationToken: Token);
        Assert.Equal(Enumerable.Range(0, 20).Reverse().Select(number => (long)number), stack);
        Assert.Equal(
            TimeSpan.FromSeconds(-190),
            await LocalRunner.RunAsync(new NegativeSpan(), new Size(), options, cancellationToken: Token)
        );
        Status status = await LocalRunner.RunAsync(new UndefinedEnum(), new Size(), options, cancellationToken: Token);
        Assert.Equal((HttpStatusCode)520, status.Value);
        Dictionary<string, long> counts = await LocalRunner.RunAsync(new CaseBlindCounts(), new Size(), options, cancellationToken: Token);
        Assert.Equal(KeyValuePair.Create("word", 20L), Assert.Single(counts));
    }

    [Fact]
    public void Results_AreJsonAsPeopleReadIt()
    {
        Assert.Equal("""{"real":20,"imaginary":190}""", Json(new Complex(20, 190)));
        Assert.Equal("[3,2,1]", Json(new Stack<int>([1, 2, 3])));
        Assert.Equal("\"-190s\"", Json(TimeSpan.FromSeconds(-190)));
        Assert.Equal("""{"value":520}""", Json(new Status((HttpStatusCode)520)));
        Assert.Equal("""{"value":"not-found"}""", Json(new Status(HttpStatusCode.NotFound)));
        Assert.Equal("\"abc\"", Json(new StringBuilder("abc")));
        Assert.Equal("""{"count":1,"sum":4}""", Json(Made(4)));
        Assert.Equal("""{"a":1,"b":2}""", Json(new ConcurrentDictionary<string, int> { ["b"] = 2, ["a"] = 1 }));
        Assert.Equal("""[[{"item1":1,"item2":"x"},2]]""", Json(new Dictionary<(int, string), int> { [(1, "x")] = 2 }));
    }

    private static Stats Made(double value)
    {
        Stats stats = new();
        stats.Add(value);
        return stats;
    }

    [Fact]
    public void Durations_OfAnyLength_ComeBack() =>
        Gen.Long.Sample(ticks =>
        {
            TimeSpan span = new(ticks);
            Assert.Equal(
                span,
                JsonSerializer.Deserialize<TimeSpan>(JsonSerializer.Serialize(span, OrleansWorkJson.Payloads), OrleansWorkJson.Payloads)
            );
        });

    [Theory]
    [InlineData("-")]
    [InlineData("--1s")]
    [InlineData("- 1s")]
    [InlineData("s")]
    [InlineData("922337203685.4775808s")]
    [InlineData("-922337203685.4775809s")]
    public void Durations_ThatAreNone_AreRefused(string text) =>
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<TimeSpan>($"\"{text}\"", OrleansWorkJson.Payloads));

    [Fact]
    public void Durations_OfOptions_StayWithinTheirBounds()
    {
        Assert.False(Duration.TryParse("-1s", out _));
        Assert.False(Duration.TryParse("10001d", out _));
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<JobOptions>("""{"chunkTime":"-1s"}""", OrleansWorkJson.Documents));
    }

    // Names that only their case tells apart are what is tried.
#pragma warning disable CA1708
    public enum Twins
#pragma warning restore CA1708
    {
        Twin,
        TWIN,
    }

    [Flags]
    public enum Parts
    {
        None = 0,
        Left = 1,
        Right = 2,
    }

    [Theory]
    [InlineData(DayOfWeek.Monday, "\"monday\"")]
    [InlineData((DayOfWeek)9, "9")]
    [InlineData((DayOfWeek)(-1), "-1")]
    [InlineData(Twins.Twin, "\"twin\"")]
    [InlineData(Twins.TWIN, "1")]
    [InlineData(Parts.Left | Parts.Right, "\"left, right\"")]
    [InlineData(Parts.Left | (Parts)8, "9")]
    [InlineData((TypeCode)1000, "1000")]
    public void Enumerations_AnyValue_HasOneSpelling(object value, string json)
    {
        Assert.Equal(json, JsonSerializer.Serialize(value, value.GetType(), OrleansWorkJson.Payloads));
        Assert.Equal(value, JsonSerializer.Deserialize(json, value.GetType(), OrleansWorkJson.Payloads));
        Type keyed = typeof(Dictionary<,>).MakeGenericType(value.GetType(), typeof(int));
        IDictionary dictionary = (IDictionary)Activator.CreateInstance(keyed)!;
        dictionary[value] = 1;
        string document = JsonSerializer.Serialize(dictionary, keyed, OrleansWorkJson.Payloads);
        Assert.Equal($"{{\"{json.Trim('"')}\":1}}", document);
        Assert.True(((IDictionary)JsonSerializer.Deserialize(document, keyed, OrleansWorkJson.Payloads)!).Contains(value));
    }

    public sealed record Call(HttpStatusCode Code = HttpStatusCode.OK, DayOfWeek? Day = null);

    [Theory]
    [InlineData("""{"code":404}""")]
    [InlineData("""{"code":520}""")]
    [InlineData("""{"code":"520"}""")]
    [InlineData("""{"day":1}""")]
    public void Enumerations_InAnInput_AreNames(string json) =>
        Assert.Contains(
            "must be one of",
            Assert.Single(KindInput.Read<Call>(Encoding.UTF8.GetBytes(json)).Problems).Message,
            StringComparison.Ordinal
        );

    [Fact]
    public void Texts_WithHalfAPair_AreRefusedNotChanged()
    {
        foreach (string text in (string[])["\ud800", "a\udc00b", "\ude00\ud83d", "long text before it \"\\\n \ud83d", "😀\ud83d"])
        {
            NotSupportedException refused = Assert.Throws<NotSupportedException>(() => PayloadCodec<string>.Create().Encode(text));
            Assert.Contains("half of a surrogate pair", refused.Message, StringComparison.Ordinal);
            Assert.Throws<NotSupportedException>(() => Json(new Dictionary<string, int> { [text] = 1 }));
        }
    }

    [Fact]
    public void Texts_WithWholePairs_ComeBack() =>
        Gen.String.Sample(text =>
        {
            string valid = Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)) + "😀\u2028\"";
            PayloadCodec<string> codec = PayloadCodec<string>.Create();
            Assert.Equal(valid, codec.Decode(codec.Encode(valid)));
        });

    [Fact]
    public void Characters_ThatAreHalfAPair_AreRefused() =>
        Assert.Throws<NotSupportedException>(() => PayloadCodec<char>.Create().Encode('\ud800'));

    public sealed class Index
    {
        public Dictionary<string, long> ByName { get; } = new(new FirstLetter());

        public SortedSet<long> Largest { get; set; } = new(Comparer<long>.Create((a, b) => b.CompareTo(a)));
    }

    public sealed class FirstLetter : IEqualityComparer<string>
    {
        public bool Equals(string? x, string? y) => x?[0] == y?[0];

        public int GetHashCode(string obj) => obj[0];
    }

    [Fact]
    public void Comparers_ThatTheOwnerMakes_Stay()
    {
        Index index = new() { ByName = { ["apple"] = 1 }, Largest = { 1, 3, 2 } };
        Index read = Cross(index);
        Assert.Equal(1, read.ByName["avocado"]);
        read.Largest.Add(9);
        Assert.Equal([9, 3, 2, 1], read.Largest);

        // An input is made by the same constructor.
        KindInput<Index> input = KindInput.Read<Index>("""{"byName":{"pear":2},"largest":[5,7]}"""u8.ToArray());
        Assert.Equal(2, input.Value!.ByName["plum"]);
        Assert.Equal([7, 5], input.Value.Largest);
    }

    [Fact]
    public void Comparers_ThatNobodyCanMakeAgain_AreRefused()
    {
        Dictionary<string, long> alone = new(new FirstLetter()) { ["a"] = 1 };
        NotSupportedException lost = Assert.Throws<NotSupportedException>(() => Cross(alone));
        Assert.Contains(nameof(FirstLetter), lost.Message, StringComparison.Ordinal);
        Index other = new() { Largest = new SortedSet<long>(Comparer<long>.Create((a, b) => (a % 10).CompareTo(b % 10))) { 1 } };
        Assert.Throws<NotSupportedException>(() => Cross(new { Set = other.Largest }));
        Assert.Throws<NotSupportedException>(() => Cross(ImmutableSortedSet.Create(StringComparer.OrdinalIgnoreCase, "a")));
    }

    [Fact]
    public void Comparers_AreKeptByPlace()
    {
        List<HashSet<string>> sets =
        [
            new() { "a" },
            new(StringComparer.OrdinalIgnoreCase) { "b" },
            new(StringComparer.InvariantCulture) { "c" },
            new(StringComparer.OrdinalIgnoreCase),
        ];
        List<HashSet<string>> read = Cross(sets);
        Assert.Equal([false, true, false, true], read.Select(set => set.Comparer.Equals("x", "X")));
        Assert.Equal(StringComparer.InvariantCulture, read[2].Comparer);
    }

    [Theory]
    [InlineData("{\"0\":\"no\"}\u0002\u0000\u0000\u0000\u001e")]
    [InlineData("\u001e")]
    [InlineData("1\u0000\u0000\u0000\u0080\u001e")]
    public void Trailer_ThatIsDamaged_IsAnError(string bytes) =>
        Assert.ThrowsAny<Exception>(() => PayloadCodec<HashSet<string>>.Create().Decode(Encoding.Latin1.GetBytes(bytes)));

    public sealed class Locked
    {
        // An object is what authors have locked for twenty years.
#pragma warning disable MA0158
        private readonly object _gate = new();
#pragma warning restore MA0158
        private readonly Lock _other = new();
        private readonly List<long> _numbers = [];

        public void Add(long number)
        {
            lock (_gate)
                lock (_other)
                    _numbers.Add(number);
        }

        public string Show() => string.Join(',', _numbers);
    }

    [Fact]
    public void Locks_AreNoState()
    {
        Locked value = new();
        value.Add(4);
        Locked read = Cross(value);
        read.Add(5);
        Assert.Equal("4,5", read.Show());
    }

    public class Animal
    {
        public string Name { get; set; } = "";
    }

    public sealed class Dog : Animal
    {
        public int Bones { get; set; }
    }

    [Fact]
    public void DerivedClasses_BehindTheirBase_ComeBackAsTheyAre()
    {
        List<Animal> read = Cross(
            new List<Animal>
            {
                new() { Name = "cat" },
                new Dog { Name = "rex", Bones = 3 },
            }
        );
        Assert.Equal(typeof(Animal), read[0].GetType());
        Assert.Equal(3, Assert.IsType<Dog>(read[1]).Bones);
        Assert.Equal("""{"$type":"ValueTests.Dog","bones":3,"name":"rex"}""", Json<Animal>(new Dog { Name = "rex", Bones = 3 }));
    }

    [Fact]
    public void Computed_IsInResultsAndDoesNotCross()
    {
        Mean mean = new() { Sum = 6, Count = 4 };
        Assert.Equal("""{"sum":6,"count":4,"value":1.5}""", Json(mean));
        Assert.Equal("""{"sum":6,"count":4}""", Encoding.UTF8.GetString(PayloadCodec<Mean>.Create().Encode(mean)));
    }

    public sealed class Mean
    {
        public double Sum { get; init; }

        public long Count { get; init; }

        public double Value => Sum / Count;
    }

    public sealed class Hidden : JobKind<Size, Hidden.Partial>
    {
        public sealed class Partial
        {
            public Func<long> Later { get; set; } = () => 0;

            public Thread? Worker { get; set; }

            [JsonIgnore]
            public Stream? Cache { get; set; }
        }

        public override long CountUnits(Size input) => 1;

        public override Partial RunUnit(Size input, long unit, UnitContext context) => new();

        public override Partial Combine(Partial left, Partial right) => left;
    }

    public sealed class Anything : JobKind<Size, Dictionary<string, object>>
    {
        public override long CountUnits(Size input) => 1;

        public override Dictionary<string, object> RunUnit(Size input, long unit, UnitContext context) => [];

        public override Dictionary<string, object> Combine(Dictionary<string, object> left, Dictionary<string, object> right) => left;
    }

    // An array of two dimensions is what is tried.
#pragma warning disable CA1814
    public sealed class Grid : JobKind<Size, double[,], string>
    {
        public override long CountUnits(Size input) => 1;

        public override double[,] RunUnit(Size input, long unit, UnitContext context) => new double[1, 1];

        public override double[,] Combine(double[,] left, double[,] right) => left;

        public override string Finish(Size input, double[,] partial) => "";
    }
#pragma warning restore CA1814

    public sealed class BadItem : MapKind<Size, Type, string>
    {
        public override async IAsyncEnumerable<Type> Items(
            Size input,
            [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken
        )
        {
            await Task.Yield();
            yield return typeof(int);
        }

        public override string RunItem(Size input, Type item, UnitContext context) => item.Name;
    }

    public sealed class Unnumbered : JobKind<Size, Unnumbered.Partial>
    {
        // A member without an [Id] is what is tried.
#pragma warning disable ORLEANS0004
        [Orleans.GenerateSerializer]
        public sealed class Partial
#pragma warning restore ORLEANS0004
        {
            [Orleans.Id(0)]
            public long Count { get; set; }

            public long Sum { get; set; }
        }

        public override long CountUnits(Size input) => 1;

        public override Partial RunUnit(Size input, long unit, UnitContext context) => new();

        public override Partial Combine(Partial left, Partial right) => left;
    }

    [Theory]
    [InlineData(typeof(Hidden), "ValueTests.Hidden.Partial.Later", "Func<long>")]
    [InlineData(typeof(Hidden), "ValueTests.Hidden.Partial.Worker", "Thread")]
    [InlineData(typeof(Anything), "an entry of its partial Dictionary<string, object>", "object")]
    [InlineData(typeof(Grid), "its partial double[,]", "does not carry")]
    [InlineData(typeof(BadItem), "its item Type", "does not carry")]
    [InlineData(typeof(Unnumbered), "ValueTests.Unnumbered.Partial.Sum", "has no [Id]")]
    public void Load_KindWhoseValuesDoNotSurvive_IsRefusedByTypeAndMember(Type kind, string member, string why)
    {
        JobKindDefinitionException refused = Assert.Throws<JobKindDefinitionException>(() => JobKindDescriptor.FromType(kind));
        Assert.Contains(member, refused.Message, StringComparison.Ordinal);
        Assert.Contains(why, refused.Message, StringComparison.Ordinal);
        Assert.Contains(JobKindDescriptor.NameOf(kind), refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("Cache", refused.Message, StringComparison.Ordinal);
    }

    public sealed class Forgetful : JsonConverter<Forgetful.Partial>
    {
        [JsonConverter(typeof(Forgetful))]
        public sealed record Partial(long Count, long Sum);

        public override Partial Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            using JsonDocument document = JsonDocument.ParseValue(ref reader);
            return new(document.RootElement.GetProperty("count").GetInt64(), 0);
        }

        public override void Write(Utf8JsonWriter writer, Partial value, JsonSerializerOptions options)
        {
            writer.WriteStartObject();
            writer.WriteNumber("count", value.Count);
            writer.WriteNumber("sum", value.Sum);
            writer.WriteEndObject();
        }
    }

    public sealed class Forgets : JobKind<Size, Forgetful.Partial>
    {
        public override long CountUnits(Size input) => input.Units;

        public override Forgetful.Partial RunUnit(Size input, long unit, UnitContext context) => new(1, unit + 1);

        public override Forgetful.Partial Combine(Forgetful.Partial left, Forgetful.Partial right) =>
            new(left.Count + right.Count, left.Sum + right.Sum);
    }

    [Theory]
    [InlineData(OnUnitFailure.Fail)]
    [InlineData(OnUnitFailure.Skip)]
    public async Task Run_WhatNoWalkSees_FailsTheJobWithTheMember(OnUnitFailure onUnitFailure)
    {
        JobFailedException failed = await Assert.ThrowsAsync<JobFailedException>(() =>
            LocalRunner.RunAsync(
                new Forgets(),
                new Size(),
                new JobOptions { ChunkUnits = 3, OnUnitFailure = onUnitFailure },
                cancellationToken: Token
            )
        );
        Assert.Contains("does not come back as it was: sum is ", failed.Message, StringComparison.Ordinal);
        Assert.Contains("and 0 when read back", failed.Message, StringComparison.Ordinal);
    }

    public sealed class ForgetsResults : MapKind<Size, long, Forgetful.Partial>
    {
        public override IAsyncEnumerable<long> Items(Size input, CancellationToken cancellationToken) =>
            Enumerable.Range(0, input.Units).Select(number => (long)number).ToAsyncEnumerable();

        public override Forgetful.Partial RunItem(Size input, long item, UnitContext context) => new(1, item + 1);
    }

    public sealed class ForgetsItems : MapKind<Size, Forgetful.Partial, long>
    {
        public override IAsyncEnumerable<Forgetful.Partial> Items(Size input, CancellationToken cancellationToken) =>
            Enumerable.Range(1, input.Units).Select(number => new Forgetful.Partial(1, number)).ToAsyncEnumerable();

        public override long RunItem(Size input, Forgetful.Partial item, UnitContext context) => item.Sum;
    }

    public sealed class ForgetsResult : JobKind<Size, long, Forgetful.Partial>
    {
        public override long CountUnits(Size input) => input.Units;

        public override long RunUnit(Size input, long unit, UnitContext context) => unit;

        public override long Combine(long left, long right) => left + right;

        public override Forgetful.Partial Finish(Size input, long partial) => new(1, partial);
    }

    [Fact]
    public async Task Run_ItemsAndResultsThatChange_FailTheJob()
    {
        JobOptions skip = new() { OnUnitFailure = OnUnitFailure.Skip };
        JobFailedException item = await Assert.ThrowsAsync<JobFailedException>(() =>
            LocalRunner.RunAsync(new ForgetsItems(), new Size(), skip, cancellationToken: Token)
        );
        Assert.Contains("Item 0 does not come back as it was: sum is 1, and 0", item.Message, StringComparison.Ordinal);
        JobFailedException output = await Assert.ThrowsAsync<JobFailedException>(() =>
            LocalRunner.RunAsync(new ForgetsResults(), new Size(), skip, cancellationToken: Token)
        );
        Assert.Contains("The result of unit ", output.Message, StringComparison.Ordinal);
        JobFailedException result = await Assert.ThrowsAsync<JobFailedException>(() =>
            LocalRunner.RunAsync(new ForgetsResult(), new Size(), skip, cancellationToken: Token)
        );
        Assert.Contains("The result does not come back as it was: sum is 190, and 0", result.Message, StringComparison.Ordinal);
    }

    private static T Cross<T>(T value)
    {
        PayloadCodec<T> codec = PayloadCodec<T>.Create();
        return codec.Decode(codec.Encode(value));
    }

    private static string Json<T>(T value) => JsonSerializer.Serialize(value, OrleansWorkJson.Payloads);
}
