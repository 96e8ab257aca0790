using System.Collections.Immutable;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using OrleansWork.Testing;
using OrleansWork.Values;

namespace OrleansWork.Abstractions.Tests.Values;

/// <summary>What bytes do not show is seen in the values.</summary>
public sealed class ValueDifferenceTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [JsonConverter(typeof(SumOnly))]
    public sealed class Mean
    {
        private int _shown;

        public double Sum { get; init; }

        public int Count { get; init; }

        [JsonIgnore]
        public int Shown => _shown;

        public void Show() => _shown++;
    }

    public sealed class SumOnly : JsonConverter<Mean>
    {
        public override Mean Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            new() { Sum = reader.GetDouble() };

        public override void Write(Utf8JsonWriter writer, Mean value, JsonSerializerOptions options) => writer.WriteNumberValue(value.Sum);
    }

    public class Labelled(string address) : Uri(address)
    {
        public string Label { get; init; } = "";
    }

    public sealed class Link
    {
        public Uri? Target { get; set; }
    }

    public sealed class Extended
    {
        [JsonExtensionData]
        public Dictionary<string, JsonElement>? More { get; set; }

        [JsonConverter(typeof(Blind))]
        public HashSet<string> Seen { get; set; } = [];
    }

    public sealed class Blind : JsonConverter<HashSet<string>>
    {
        public override HashSet<string> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            JsonSerializer.Deserialize<string[]>(ref reader, options)!.ToHashSet();

        public override void Write(Utf8JsonWriter writer, HashSet<string> value, JsonSerializerOptions options) =>
            JsonSerializer.Serialize(writer, value.ToArray(), options);
    }

    public sealed class Tail
    {
        public List<int> All { get; set; } = [];

        public List<int> Recent { get; set; } = [];
    }

    public sealed record Grid(int[] Row, int[] Column, string First, string Second, ImmutableList<int> Kept, ImmutableList<int> Left);

    [Fact]
    public void Look_ConverterThatDoesNotWriteAMember_NamesIt()
    {
        Refused(new Mean { Sum = 4, Count = 2 }, "Count is 2, and 0 when read back");
        Refused(
            new List<Mean>
            {
                new() { Sum = 4 },
                new() { Count = 1 },
            },
            "it[1].Count is 1, and 0"
        );
        Refused(new Dictionary<string, Mean> { ["a"] = new() { Count = 3 } }, "Count is 3, and 0");
        Mean shown = new() { Sum = 4 };
        shown.Show();
        Look(shown);
    }

    [Fact]
    public void Look_ClassDerivedFromALeaf_IsNamed() =>
        Refused(
            new Link { Target = new Labelled("http://h/") { Label = "l" } },
            "Target is a ValueDifferenceTests.Labelled, and a Uri when read back"
        );

    [Fact]
    public void Look_ComparerThatAConverterLoses_IsNamed() =>
        Refused(
            new Extended { Seen = new(StringComparer.OrdinalIgnoreCase) { "a" } },
            "the comparer of Seen is ordinal-ignore-case, and the default when read back"
        );

    [Fact]
    public void Look_OneListOfTwoMembers_IsNamed()
    {
        Tail tail = new() { All = [1] };
        tail.Recent = tail.All;
        Refused(tail, "All and Recent are one List<int>, and two when read back");
        Look(new List<List<int>> { tail.All, tail.All });
        int[] shared = [1];
        Refused(new Grid(shared, shared, "", "", [], []), "Row and Column are one int[], and two");
    }

    [Fact]
    public void Look_WhatNobodyCanChange_MayBeShared()
    {
        const string Text = "text";
        ImmutableList<int> numbers = [1, 2];
        Look(new Grid([], [], Text, Text, numbers, numbers));
        Size size = new();
        Look(new List<Size> { size, size });
    }

    private sealed class Pair(object? was, object? now)
    {
        public object? Was { get; set; } = was;

        public object? Now { get; set; } = now;
    }

    [Fact]
    public void Find_Leaves_AreComparedBitForBit()
    {
        (object Was, object Now)[] different =
        [
            (0.0, -0.0),
            (1.5m, 1.50m),
            (DateTime.UnixEpoch, DateTime.SpecifyKind(DateTime.UnixEpoch, DateTimeKind.Local)),
            (new DateTimeOffset(0, TimeSpan.Zero), new DateTimeOffset(TimeSpan.TicksPerHour, TimeSpan.FromHours(1))),
            ("a", "b"),
            (1, 2),
            (1, 1L),
            (new StringBuilder("a"), new StringBuilder(1, 5).Append('a')),
            (new Uri("http://h/a"), new Uri("HTTP://h/a")),
            ((1, "a"), (1, "b")),
            (new Stack<int>([1, 2]), new Stack<int>([2, 1])),
        ];
        foreach ((object was, object now) in different)
            Assert.NotNull(ValueDifference.Find(new Pair(was, null), new Pair(now, null), Counts.Comparers));
        (object Was, object Now)[] same =
        [
            (double.NaN, BitConverter.Int64BitsToDouble(0x7FF8000000000005)),
            (0.00m, -0.00m),
            (new StringBuilder("a", 10), new StringBuilder("a", 90)),
            (new List<int>(100) { 1 }, new List<int> { 1 }),
            (new Pair(1, new Pair(2, null)), new Pair(1, new Pair(2, null))),
            (default(ImmutableArray<int>), default(ImmutableArray<int>)),
            (new HashSet<string>(StringComparer.Ordinal) { "a" }, new HashSet<string> { "a" }),
        ];
        foreach ((object was, object now) in same)
            Assert.Null(ValueDifference.Find(new Pair(was, null), new Pair(now, null), Counts.Comparers));

        // A class of the framework's own, which nobody else can make.
        Assert.Null(ValueDifference.Find(IPAddress.Loopback, IPAddress.Parse("127.0.0.1"), Counts.Comparers));
    }

    [Fact]
    public void Find_ValuesOfAnySizeAndDepth_EndsSoon()
    {
        Pair deep = new(null, null);
        Pair other = new(null, null);
        for (int i = 0; i < 100_000; i++)
        {
            deep = new(deep, null);
            other = new(other, null);
        }

        Assert.Null(ValueDifference.Find(deep, other, Counts.Sharing));
        Assert.Equal(
            "Now is 1, and 2",
            ValueDifference.Find(
                new Pair(Enumerable.Range(0, 1_000_000).ToList(), 1),
                new Pair(Enumerable.Range(0, 1_000_000).ToList(), 2),
                Counts.Sharing
            )
        );
    }

    public sealed class Buckets(int width) : IEqualityComparer<int>
    {
        public bool Equals(int x, int y) => x / width == y / width;

        public int GetHashCode(int obj) => obj / width;
    }

    [Fact]
    public void Comparers_AreToldApartByMethodAndState()
    {
        Assert.True(Comparers.AreSame(new Buckets(7), new Buckets(7)));
        Assert.False(Comparers.AreSame(new Buckets(7), new Buckets(10)));
        Assert.True(Comparers.AreSame(Upwards(), Upwards()));
        Assert.False(Comparers.AreSame(Upwards(), Comparer<int>.Create((a, b) => b.CompareTo(a))));
        Assert.True(Comparers.AreSame(Modulo(3), Modulo(3)));
        Assert.False(Comparers.AreSame(Modulo(3), Modulo(4)));
        Assert.False(Comparers.AreSame(StringComparer.OrdinalIgnoreCase, null));

        static Comparer<int> Upwards() => Comparer<int>.Create((a, b) => a.CompareTo(b));
        static Comparer<int> Modulo(int by) => Comparer<int>.Create((a, b) => (a % by).CompareTo(b % by));
    }

    public sealed record Words(HashSet<string> All);

    public sealed class Counted : JobKind<Words, long>
    {
        public override long CountUnits(Words input) => 1;

        public override long RunUnit(Words input, long unit, UnitContext context) => input.All.Contains("WORD") ? 1 : 0;

        public override long Combine(long left, long right) => left + right;
    }

    [Fact]
    public async Task Run_InputThatDoesNotComeBack_IsRefusedByName()
    {
        RequestException refused = await Assert.ThrowsAnyAsync<RequestException>(() =>
            LocalRunner.RunAsync(new Counted(), new Words(new(StringComparer.OrdinalIgnoreCase) { "word" }), cancellationToken: Token)
        );
        Assert.Equal(ErrorReason.WrongInput, refused.Reason);
        Assert.Contains(
            "the comparer of All is ordinal-ignore-case, and the default when read back",
            refused.Message,
            StringComparison.Ordinal
        );
        Assert.Equal(0, await LocalRunner.RunAsync(new Counted(), new Words(["word"]), cancellationToken: Token));
    }

    // What a client asks before it submits.
    [Fact]
    public void Problem_OfTheJsonOfAnInput_IsWhatChanges()
    {
        Assert.Contains("All", Ask(new Words(new(StringComparer.OrdinalIgnoreCase)))!, StringComparison.Ordinal);
        Assert.Null(Ask(new Words(["word"])));
        Assert.Null(Ask(new { Any = 1 }));
        Assert.Null(InputCrossing.Problem(new Words([]), "no JSON"u8.ToArray()));

        static string? Ask<T>(T input) =>
            InputCrossing.Problem(input, JsonSerializer.SerializeToUtf8Bytes(input, OrleansWorkJson.Payloads))?.Message;
    }

    public sealed class MeanResult : JobKind<Size, long, Mean>
    {
        public override long CountUnits(Size input) => input.Units;

        public override long RunUnit(Size input, long unit, UnitContext context) => unit;

        public override long Combine(long left, long right) => left + right;

        public override Mean Finish(Size input, long partial) => new() { Sum = partial, Count = input.Units };
    }

    public sealed class MeanItems : MapKind<Size, Mean, Mean>
    {
        public override IAsyncEnumerable<Mean> Items(Size input, CancellationToken cancellationToken) =>
            Enumerable.Range(0, input.Units).Select(number => new Mean { Count = number - 2 }).ToAsyncEnumerable();

        public override Mean RunItem(Size input, Mean item, UnitContext context) => new() { Count = (int)context.Unit + 1 };
    }

    [Fact]
    public async Task Run_WhatIsNeverWritten_FailsTheJob()
    {
        JobFailedException result = await Assert.ThrowsAsync<JobFailedException>(() =>
            LocalRunner.RunAsync(new MeanResult(), new Size(), cancellationToken: Token)
        );
        Assert.Contains("The result does not come back as it was: Count is 20, and 0", result.Message, StringComparison.Ordinal);
        JobFailedException item = await Assert.ThrowsAsync<JobFailedException>(() =>
            LocalRunner.RunAsync(new MeanItems(), new Size(1), cancellationToken: Token)
        );
        Assert.Contains("Item 0 does not come back as it was: Count is -2, and 0", item.Message, StringComparison.Ordinal);
        JobFailedException output = await Assert.ThrowsAsync<JobFailedException>(() =>
            LocalRunner.RunAsync(new MeanOutputs(), new Size(1), cancellationToken: Token)
        );
        Assert.Contains("The result of unit 0 does not come back as it was: Count is 1, and 0", output.Message, StringComparison.Ordinal);
    }

    public sealed class MeanOutputs : MapKind<Size, long, Mean>
    {
        public override IAsyncEnumerable<long> Items(Size input, CancellationToken cancellationToken) =>
            Enumerable.Range(0, input.Units).Select(number => (long)number).ToAsyncEnumerable();

        public override Mean RunItem(Size input, long item, UnitContext context) => new() { Count = (int)item + 1 };
    }

    private static void Refused<T>(T value, string difference)
    {
        ValueChangedException changed = Assert.Throws<ValueChangedException>(() => Look(value));
        Assert.Contains(difference, changed.Message, StringComparison.Ordinal);
    }

    private static void Look<T>(T value)
    {
        PayloadCodec<T> codec = PayloadCodec<T>.Create();
        new CrossingCheck<T>(codec).Look(value, codec.Encode(value), "It");
    }
}
