using System.Text.Json;
using System.Text.Json.Serialization;

namespace OrleansWork.Engine.Tests.Support;

/// <summary>Units of which some throw until the test opens the gate.</summary>
[JobKind("broken")]
public sealed class BrokenKind : JobKind<BrokenKind.Input, string>
{
    public sealed record Input(string Bench, long Units = 9, long[]? Broken = null);

    public override long CountUnits(Input input) => input.Units;

    public override string RunUnit(Input input, long unit, UnitContext context)
    {
        Bench bench = Bench.Of(input.Bench);
        bench.Executions.AddOrUpdate(unit, 1, static (_, count) => count + 1);
        if (input.Broken?.Contains(unit) == true && !bench.Gate.IsSet)
            throw new FormatException($"unit {unit} is broken");
        return $"({unit})";
    }

    public override string Combine(string left, string right) => $"[{left}{right}]";
}

/// <summary>Units that throw on one silo; elsewhere the last one waits until the test opens the gate.</summary>
[JobKind("picky")]
public sealed class PickyKind : JobKind<PickyKind.Input, long>
{
    public sealed record Input(string Bench, string Bad, long Units = 60);

    public override long CountUnits(Input input) => input.Units;

    public override long RunUnit(Input input, long unit, UnitContext context)
    {
        Bench bench = Bench.Of(input.Bench);
        if (context.Silo == input.Bad && !bench.Gate.IsSet)
            throw new FormatException($"{input.Bad} is bad");
        if (unit == input.Units - 1)
            bench.Gate.Wait(context.CancellationToken);
        return unit;
    }

    public override long Combine(long left, long right) => left + right;
}

/// <summary>Units that take a moment, and fail on one silo, each time counted, until the test opens the gate.</summary>
[JobKind("moody")]
public sealed class MoodyKind : JobKind<MoodyKind.Input, long>
{
    public const long Failures = -1;

    public sealed record Input(string Bench, string Bad, long Units = 100_000);

    public override long CountUnits(Input input) => input.Units;

    public override long RunUnit(Input input, long unit, UnitContext context)
    {
        Bench bench = Bench.Of(input.Bench);
        if (context.Silo == input.Bad && !bench.Gate.IsSet)
        {
            bench.Executions.AddOrUpdate(Failures, 1, static (_, count) => count + 1);
            throw new FormatException($"{input.Bad} is bad");
        }

        context.CancellationToken.WaitHandle.WaitOne(TimeSpan.FromMilliseconds(20));
        return unit;
    }

    public override long Combine(long left, long right) => left + right;
}

/// <summary>Squares of which one cannot be made until the test opens the gate.</summary>
[JobKind("broken-squares")]
public sealed class BrokenSquaresKind : MapKind<BrokenSquaresKind.Input, long, long>
{
    public sealed record Input(string Bench, long Items = 6, long Broken = 2);

    public override IAsyncEnumerable<long> Items(Input input, CancellationToken cancellationToken)
    {
        return Range(input.Items).ToAsyncEnumerable();

        static IEnumerable<long> Range(long items)
        {
            for (long item = 0; item < items; item++)
                yield return item;
        }
    }

    public override long RunItem(Input input, long item, UnitContext context) =>
        item == input.Broken && !Bench.Of(input.Bench).Gate.IsSet ? throw new FormatException("not a number") : item * item;
}

/// <summary>A unit that never ends, on its first execution or on all, heeding its cancellation or not; the others are quick.</summary>
[JobKind("endless")]
public sealed class EndlessKind : JobKind<EndlessKind.Input, long>
{
    public sealed record Input(string Bench, long Units = 10, long Endless = 0, bool FirstTimeOnly = false, bool Heeds = true);

    public override long CountUnits(Input input) => input.Units;

    public override long RunUnit(Input input, long unit, UnitContext context)
    {
        Bench bench = Bench.Of(input.Bench);
        int executions = bench.Executions.AddOrUpdate(unit, 1, static (_, count) => count + 1);
        if (unit == input.Endless && (executions == 1 || !input.FirstTimeOnly))
        {
            if (input.Heeds)
                bench.Gate.Wait(context.CancellationToken);
            while (!bench.Gate.IsSet)
                Stubborn.Wait(() => bench.Gate.Wait(CancellationToken.None));
        }

        return unit;
    }

    public override long Combine(long left, long right) => left + right;
}

/// <summary>Partials whose converter forgets a member, which no look at the types finds.</summary>
[JobKind("forgets")]
public sealed class ForgettingKind : JobKind<ForgettingKind.Input, ForgettingKind.Partial>
{
    public sealed record Input(long Units = 20);

    [JsonConverter(typeof(Converter))]
    public sealed record Partial(long Count, long Sum);

    public sealed class Converter : JsonConverter<Partial>
    {
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

    public override long CountUnits(Input input) => input.Units;

    public override Partial RunUnit(Input input, long unit, UnitContext context) => new(1, unit + 1);

    public override Partial Combine(Partial left, Partial right) => new(left.Count + right.Count, left.Sum + right.Sum);
}

/// <summary>A mean of means, whose value depends on where ranges end.</summary>
[JobKind("averages")]
public sealed class AveragingKind : JobKind<AveragingKind.Input, double>
{
    public sealed record Input(long Units = 40);

    public override long CountUnits(Input input) => input.Units;

    public override double RunUnit(Input input, long unit, UnitContext context) => unit;

    public override double Combine(double left, double right) => (left + right) / 2;
}

/// <summary>A sum of floating-point numbers, which grouping may round otherwise.</summary>
[JobKind("rounds")]
public sealed class RoundingKind : JobKind<AveragingKind.Input, double>
{
    public override long CountUnits(AveragingKind.Input input) => input.Units;

    public override double RunUnit(AveragingKind.Input input, long unit, UnitContext context) => 0.1 * (unit + 1);

    public override double Combine(double left, double right) => left + right;
}
