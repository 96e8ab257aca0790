using System.Text.Json;
using System.Text.Json.Serialization;

namespace OrleansWork.SystemTests.Faults;

/// <summary>Units whose results, or whose exceptions, are more or other than what may cross.</summary>
[JobKind("poison", Description = "Units whose results or exceptions cannot cross")]
public sealed class PoisonWork : JobKind<PoisonWork.Input, PoisonWork.Carrier, PoisonWork.Carrier>
{
    /// <param name="What">What the unit does.</param>
    /// <param name="Size">How large it is, in characters or bytes.</param>
    public sealed record Input(Poison What, int Size = 0);

    /// <summary>Crosses as JSON, which its stream cannot; that a stream is in it shows when it is written, not in its type.</summary>
    public sealed record Carrier(long Units, string Text = "", Pipe? Pipe = null);

    public static JobKindRef<Input, Carrier> Kind { get; } = KindOf<PoisonWork>();

    public override long CountUnits(Input input) => 1;

    public override Carrier RunUnit(Input input, long unit, UnitContext context) =>
        input.What switch
        {
            Poison.Result => new Carrier(1, Pipe: new Pipe(new MemoryStream([1]))),
            Poison.Exception => throw new CarryingException(new MemoryStream([1])),
            Poison.LongMessage => throw new InvalidOperationException(new string('x', input.Size)),
            Poison.LargeResult => new Carrier(1, new string('y', input.Size)),
            _ => new Carrier(1),
        };

    public override Carrier Combine(Carrier left, Carrier right) => new(left.Units + right.Units);

    public override Carrier Finish(Input input, Carrier partial) =>
        input.What switch
        {
            Poison.FinalResult => partial with { Pipe = new Pipe(new MemoryStream([1])) },
            Poison.LargeFinalResult => partial with { Text = new string('z', input.Size) },
            _ => partial,
        };

    /// <summary>A stream, which its converter does not write.</summary>
    [JsonConverter(typeof(PipeConverter))]
    public sealed class Pipe(Stream stream)
    {
        public Stream Stream { get; } = stream;
    }

    /// <summary>Refuses to write what it is asked for.</summary>
    public sealed class PipeConverter : JsonConverter<Pipe>
    {
        public override Pipe Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            throw new NotSupportedException("A stream is not read.");

        public override void Write(Utf8JsonWriter writer, Pipe value, JsonSerializerOptions options) =>
            throw new NotSupportedException($"{value.Stream.GetType()} is not written.");
    }

    /// <summary>An exception that no serializer knows.</summary>
    public sealed class CarryingException(Stream stream) : Exception("it carries a stream")
    {
        public Stream Stream { get; } = stream;
    }
}

/// <summary>What a unit of <see cref="PoisonWork"/> does.</summary>
public enum Poison
{
    /// <summary>Nothing wrong.</summary>
    None,

    /// <summary>The unit's result has a stream.</summary>
    Result,

    /// <summary>The job's result has a stream.</summary>
    FinalResult,

    /// <summary>The unit's exception has a stream.</summary>
    Exception,

    /// <summary>The unit's exception has a long message.</summary>
    LongMessage,

    /// <summary>The unit's result is large.</summary>
    LargeResult,

    /// <summary>The job's result is large.</summary>
    LargeFinalResult,
}
