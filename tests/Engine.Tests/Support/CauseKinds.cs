using System.Text.Json;
using System.Text.Json.Serialization;

namespace OrleansWork.Engine.Tests.Support;

/// <summary>Throws, with two causes behind it, in one part of a kind.</summary>
[JobKind("causes")]
public sealed class CausesKind : JobKind<CausesKind.Input, CausesKind.Partial, long>
{
    /// <summary>The parts, as <see cref="Input.Where"/> names them.</summary>
    public static readonly string[] Parts = ["validate", "prepare", "count", "unit", "encode", "decode", "combine", "finish", "empty"];

    public sealed record Input(string Where);

    public CausesKind()
    {
        if (IsBroken)
            throw Thrown();
    }

    /// <summary>Gets or sets whether it can be made no more.</summary>
    public static bool IsBroken { get; set; }

    public sealed record Partial([property: JsonConverter(typeof(Carrier))] string Where);

    public sealed class Carrier : JsonConverter<string>
    {
        public override string Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.GetString() is var where && where == "decode" ? throw Thrown() : where!;

        public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options) =>
            writer.WriteStringValue(value == "encode" ? throw Thrown() : value);
    }

    public override IEnumerable<InputProblem> Validate(Input input) => Or(input, "validate", Array.Empty<InputProblem>());

    public override ValueTask PrepareAsync(Input input, CancellationToken cancellationToken) =>
        Or(input, "prepare", ValueTask.CompletedTask);

    public override long CountUnits(Input input) => input.Where == "empty" ? 0 : Or(input, "count", 2L);

    public override Partial RunUnit(Input input, long unit, UnitContext context) => Or(input, "unit", new Partial(input.Where));

    public override Partial Combine(Partial left, Partial right) => left.Where == "combine" ? throw Thrown() : left;

    public override long Finish(Input input, Partial partial) => Or(input, "finish", 1L);

    public override long Empty(Input input) => throw Thrown();

    /// <summary>What it throws: two levels deep, the second of two causes.</summary>
    public static Exception Thrown() =>
        new InvalidOperationException("outer", new AggregateException("both", new IOException("no disk"), new FormatException("the root")));

    /// <summary>What its text ends with.</summary>
    public const string Text =
        "outer ---> System.AggregateException: both ---> [1 of 2] System.IO.IOException: no disk [2 of 2] System.FormatException: the root";

    private static T Or<T>(Input input, string where, T value) => input.Where == where ? throw Thrown() : value;
}

/// <summary>Throws, with two causes behind it, while items are listed or performed.</summary>
[JobKind("item-causes")]
public sealed class ItemCausesKind : MapKind<ItemCausesKind.Input, long, long>
{
    public sealed record Input(string Where);

    public override async IAsyncEnumerable<long> Items(
        Input input,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        await Task.Yield();
        yield return 1;
        if (input.Where == "items")
            throw CausesKind.Thrown();
    }

    public override long RunItem(Input input, long item, UnitContext context) => throw CausesKind.Thrown();
}
