using System.Collections.Immutable;
using System.Collections.ObjectModel;
using System.Numerics;
using System.Text.Json;
using System.Text.Json.Serialization;
using OrleansWork.Checks;

namespace OrleansWork.Abstractions.Tests;

public sealed class InputConstructionTests
{
    public sealed record Bag<T>(T Member);

    public sealed record Deep<T>(int Number, List<Bag<T>> Bags);

    [JobKind("made")]
    public sealed class Kind<TInput> : JobKind<TInput, long>
    {
        public override long CountUnits(TInput input) => 1;

        public override long RunUnit(TInput input, long unit, UnitContext context) => 1;

        public override long Combine(long left, long right) => left;
    }

    public interface IShape
    {
        int Corners { get; }
    }

    public abstract class Shape
    {
        public int Corners { get; set; }
    }

    [JsonDerivedType(typeof(Square), "square")]
    public abstract record Drawn;

    public sealed record Square(int Side) : Drawn;

    [JsonDerivedType(typeof(Carrier), "carrier")]
    public abstract record Carried;

    public sealed record Carrier(Stream Load) : Carried;

    public sealed class TwoWays
    {
        public TwoWays(int a) => A = a;

        public TwoWays(int a, int b) => (A, B) = (a, b);

        public int A { get; }

        public int B { get; }
    }

    public sealed class Locked
    {
        private Locked() { }

        public int A { get; set; }
    }

    public sealed class OtherNames(int first)
    {
        public int A { get; } = first;
    }

    [method: JsonConstructor]
    public sealed class MarkedOtherNames(int first)
    {
        public int A { get; } = first;
    }

    public sealed record Node(int Value, Node? Next, List<Node>? Others);

    public readonly record struct Point(int X, int Y);

    public sealed class Looks
    {
        public int Size { get; set; }

        // Written and never read: not a field of the input.
        public Type Kind => typeof(Looks);
    }

    public static TheoryData<Type, string> Bad =>
        new()
        {
            { typeof(Stream), "abstract" },
            { typeof(FileStream), "" },
            { typeof(Type), "cannot be read from JSON" },
            { typeof(Action), "cannot be read from JSON" },
            { typeof(Func<int, int>), "cannot be read from JSON" },
            { typeof(int[,]), "cannot be read from JSON" },
            { typeof(IShape), "an interface" },
            { typeof(Shape), "abstract" },
            { typeof(Carried), "abstract" },
            { typeof(ReadOnlyCollection<int>), "cannot be read from JSON" },
            { typeof(List<Stream>), "abstract" },
            { typeof(Dictionary<string, IShape>), "an interface" },
        };

    [Theory]
    [MemberData(nameof(Bad))]
    public void FromType_InputThatNoJsonMakes_IsRefusedNamingTheMember(Type member, string why)
    {
        foreach ((Type input, string path) in Around(member))
        {
            JobKindDefinitionException refused = Assert.Throws<JobKindDefinitionException>(() => JobKindDescriptor.FromType(KindOf(input)));
            Assert.Contains($"{path}", refused.Message, StringComparison.Ordinal);
            Assert.Contains(why, refused.Message, StringComparison.Ordinal);
            Assert.StartsWith("Job kind made ", refused.Message, StringComparison.Ordinal);

            // The refusal is right: the simplest JSON there is cannot be read.
            Exception? read = Record.Exception(() => JsonSerializer.Deserialize(Simplest(input), input, OrleansWorkJson.Payloads));
            Assert.True(read is NotSupportedException or InvalidOperationException or JsonException, $"{input}: {read}");
        }
    }

    public static TheoryData<Type> Good =>
        [
            typeof(int),
            typeof(string),
            typeof(bool?),
            typeof(decimal),
            typeof(Int128),
            typeof(BigInteger),
            typeof(TimeSpan?),
            typeof(DateTimeOffset),
            typeof(Guid),
            typeof(Uri),
            typeof(Version),
            typeof(DayOfWeek),
            typeof(byte[]),
            typeof(int[][]),
            typeof(List<List<string>>),
            typeof(IReadOnlyList<int>),
            typeof(IEnumerable<int>),
            typeof(ISet<int>),
            typeof(Stack<int>),
            typeof(ImmutableArray<Point>),
            typeof(Dictionary<string, Point>),
            typeof(IReadOnlyDictionary<int, Point?>),
            typeof(Dictionary<DayOfWeek, Guid>),
            typeof(Point),
            typeof((int, string)),
            typeof(Node),
            typeof(Drawn),
            typeof(JsonElement),
            typeof(Bag<Bag<Node>>),
            typeof(nuint?),
            typeof(TwoWays),
            typeof(Locked),
            typeof(OtherNames),
            typeof(MarkedOtherNames),
            typeof(Dictionary<Point, int>),
        ];

    [Theory]
    [MemberData(nameof(Good))]
    public void FromType_InputThatJsonMakes_IsTaken(Type member)
    {
        foreach ((Type input, string _) in Around(member))
        {
            Assert.Empty(InputConstruction.Check(input));
            Assert.Equal(input, JobKindDescriptor.FromType(KindOf(input)).InputType);
        }
    }

    [Fact]
    public void Check_MembersThatAreOnlyWritten_AreNoMembersOfAnInput() => Assert.Empty(InputConstruction.Check(typeof(Looks)));

    private static Type KindOf(Type input) => typeof(Kind<>).MakeGenericType(input);

    private static IEnumerable<(Type Input, string Path)> Around(Type member) =>
        [(member, ""), (typeof(Bag<>).MakeGenericType(member), "member"), (typeof(Deep<>).MakeGenericType(member), "bags[].member")];

    private static string Simplest(Type input)
    {
        if (!input.IsGenericType)
            return input.IsArray ? "[]" : "{}";
        Type definition = input.GetGenericTypeDefinition();
        Type inner = input.GenericTypeArguments[^1];
        return definition == typeof(Bag<>) ? $$"""{"member":{{Simplest(inner)}}}"""
            : definition == typeof(Deep<>) ? $$"""{"number":1,"bags":[{"member":{{Simplest(inner)}}}]}"""
            : definition == typeof(List<>) ? $"[{Simplest(inner)}]"
            : definition == typeof(ReadOnlyCollection<>) ? "[]"
            : definition == typeof(Dictionary<,>) ? $$"""{"a":{{Simplest(inner)}}}"""
            : "1";
    }
}
