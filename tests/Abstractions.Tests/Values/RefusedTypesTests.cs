using System.Text.Json;
using System.Text.Json.Serialization;
using OrleansWork.Values;

namespace OrleansWork.Abstractions.Tests.Values;

/// <summary>Types whose values come back as another type's are refused when a kind is loaded.</summary>
public sealed class RefusedTypesTests
{
    [JsonDerivedType(typeof(Once))]
    [JsonDerivedType(typeof(Twice))]
    public class Once;

    public sealed class Twice : Once;

    [JsonDerivedType(typeof(Told), "told")]
    public class Telling;

    public sealed class Told : Telling;

    [JsonPolymorphic(UnknownDerivedTypeHandling = JsonUnknownDerivedTypeHandling.FallBackToBaseType)]
    [JsonDerivedType(typeof(Known), "known")]
    public class Falling;

    public sealed class Known : Falling;

    public sealed class Anything
    {
        [JsonExtensionData]
        public Dictionary<string, object>? More { get; set; }
    }

    public sealed class Elements
    {
        [JsonExtensionData]
        public Dictionary<string, JsonElement>? More { get; set; }
    }

    // Members without an [Id] are what is tried.
#pragma warning disable ORLEANS0004
    [Orleans.GenerateSerializer]
    public sealed class Inner
    {
        [Orleans.Id(0)]
        public long Sum { get; set; }

        public long Count { get; set; }
    }

    [Orleans.GenerateSerializer]
    public class Open
    {
        [Orleans.Id(0)]
        public long Sum { get; set; }
    }

    [Orleans.GenerateSerializer]
    public sealed class Deeper : Open
    {
        [Orleans.Id(0)]
        public long Most { get; set; }

        public long Count { get; set; }
    }
#pragma warning restore ORLEANS0004

    [Orleans.GenerateSerializer]
    public sealed class Outer
    {
        [Orleans.Id(0)]
        public Dictionary<string, Inner[]> All { get; set; } = [];
    }

    [Orleans.GenerateSerializer]
    public sealed class Behind
    {
        [Orleans.Id(0)]
        public Open? One { get; set; }

        [Orleans.Id(1)]
        public Behind? Next { get; set; }

        [NonSerialized]
        private Inner? _cache;

        public Inner Cache => _cache ??= new Inner();
    }

    [Theory]
    [InlineData(typeof(List<Once>), "RefusedTypesTests.Twice", "without a discriminator")]
    [InlineData(typeof(Falling), "RefusedTypesTests.Falling", "FallBackToBaseType")]
    [InlineData(typeof(Anything), "RefusedTypesTests.Anything.More", "Dictionary<string, JsonElement>")]
    public void Json_TypesThatComeBackAsAnother_AreRefused(Type type, string name, string why)
    {
        string problem = Assert.Single(ValueWalk.Problems(type, "partial"));
        Assert.Contains(name, problem, StringComparison.Ordinal);
        Assert.Contains(why, problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(typeof(List<Telling>))]
    [InlineData(typeof(Elements))]
    public void Json_TypesThatComeBackAsTheyAre_AreNot(Type type) => Assert.Empty(ValueWalk.Problems(type, "partial"));

    [Fact]
    public void Orleans_MembersOfMembersWithoutAnId_AreRefused()
    {
        Assert.Contains(
            "RefusedTypesTests.Inner.Count",
            Assert.Single(OrleansMembers.Problems(typeof(Outer), "partial")),
            StringComparison.Ordinal
        );
        Assert.Contains(
            "RefusedTypesTests.Deeper.Count",
            Assert.Single(OrleansMembers.Problems(typeof(Behind), "partial")),
            StringComparison.Ordinal
        );
    }
}
