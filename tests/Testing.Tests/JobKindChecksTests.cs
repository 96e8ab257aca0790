using System.Text.Json;
using System.Text.Json.Serialization;
using OrleansWork.Jobs;

namespace OrleansWork.Testing.Tests;

public sealed class JobKindChecksTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public sealed record Input(long Units = 12);

    /// <summary>A sound kind; the cases below break it in one place each.</summary>
    public abstract class Case<TPartial> : JobKind<Input, TPartial, long>
    {
        public override long CountUnits(Input input) => input.Units;

        public override long Finish(Input input, TPartial partial) => 0;
    }

    public class Adds : Case<long>
    {
        public override long RunUnit(Input input, long unit, UnitContext context) => unit * unit;

        public override long Combine(long left, long right) => left + right;

        public override long Finish(Input input, long partial) => partial;
    }

    public sealed class AddsFloats : Case<double>
    {
        public override double RunUnit(Input input, long unit, UnitContext context) => context.Random.NextDouble() - 0.5;

        public override double Combine(double left, double right) => left + right;

        public override long Finish(Input input, double partial) => BitConverter.DoubleToInt64Bits(partial);
    }

    public sealed class AddsManyFloats : Case<double[]>
    {
        public override double[] RunUnit(Input input, long unit, UnitContext context) => [context.Random.NextDouble(), 1.0 / (unit + 1)];

        public override double[] Combine(double[] left, double[] right)
        {
            for (int i = 0; i < left.Length; i++)
                left[i] += right[i];
            return left;
        }
    }

    public sealed class Concatenates : Case<List<string>>
    {
        public override List<string> RunUnit(Input input, long unit, UnitContext context) => [$"u{unit}"];

        public override List<string> Combine(List<string> left, List<string> right)
        {
            left.AddRange(right);
            return left;
        }
    }

    public sealed class SubtractsDeepInside : Case<SubtractsDeepInside.Table>
    {
        public sealed record Rate(string Name, long Value);

        public sealed record Table(List<Rate> Rates);

        public override Table RunUnit(Input input, long unit, UnitContext context) =>
            new([.. Enumerable.Range(0, 41).Select(i => new Rate($"rate {i}", (i == 40 ? 100 : 0) + (19 * unit)))]);

        public override Table Combine(Table left, Table right) =>
            new([.. left.Rates.Zip(right.Rates, (a, b) => a with { Value = a.Name == "rate 40" ? a.Value - b.Value : a.Value + b.Value })]);

        public override long Finish(Input input, Table partial) => partial.Rates[^1].Value;
    }

    public sealed class Subtracts : Case<long>
    {
        public override long RunUnit(Input input, long unit, UnitContext context) => unit + 1;

        public override long Combine(long left, long right) => left - right;
    }

    public sealed class Averages : Case<double>
    {
        public override double RunUnit(Input input, long unit, UnitContext context) => unit;

        public override double Combine(double left, double right) => (left + right) / 2;
    }

    public sealed class AveragesInside : Case<AveragesInside.Mean>
    {
        public sealed record Mean(long Count, double Value);

        public override Mean RunUnit(Input input, long unit, UnitContext context) => new(1, unit);

        public override Mean Combine(Mean left, Mean right) => new(left.Count + right.Count, (left.Value + right.Value) / 2);
    }

    public sealed class CountsCalls : Case<long>
    {
        private long _calls;

        public override long RunUnit(Input input, long unit, UnitContext context) => Interlocked.Increment(ref _calls);

        public override long Combine(long left, long right) => left + right;
    }

    public sealed class CountsAttempts : Case<long>
    {
        public override long RunUnit(Input input, long unit, UnitContext context) => context.Attempt;

        public override long Combine(long left, long right) => left + right;
    }

    public sealed class KnowsItsInstance : Case<Guid>
    {
        private readonly Guid _instance = Guid.NewGuid();

        public override Guid RunUnit(Input input, long unit, UnitContext context) => _instance;

        public override Guid Combine(Guid left, Guid right) => left;
    }

    public sealed class SharesWhatCombineChanges : Case<long[]>
    {
        private readonly long[] _shared = [1];

        public override long[] RunUnit(Input input, long unit, UnitContext context) => unit == 0 ? _shared : [1];

        public override long[] Combine(long[] left, long[] right)
        {
            left[0] += right[0];
            return left;
        }
    }

    public sealed class LosesAField : Case<LosesAField.Hidden>
    {
        public sealed class Hidden
        {
            [NonSerialized]
            private long _sum;

            public long Count { get; set; }

            public void Add(long number) => _sum += number;

            public void Add(Hidden other) => _sum += other._sum;

            public long Total() => _sum;
        }

        public override Hidden RunUnit(Input input, long unit, UnitContext context)
        {
            Hidden hidden = new() { Count = 1 };
            hidden.Add(unit);
            return hidden;
        }

        public override Hidden Combine(Hidden left, Hidden right)
        {
            left.Count += right.Count;
            left.Add(right);
            return left;
        }

        public override long Finish(Input input, Hidden partial) => partial.Total();
    }

    public sealed class ChangesInItsCodec : Case<ChangesInItsCodec.Sloppy>
    {
        public sealed class Sloppy
        {
            private readonly string _text = "";

            public string Text
            {
                get => _text;
                init => _text = value + "!";
            }
        }

        public override Sloppy RunUnit(Input input, long unit, UnitContext context) => new() { Text = "a" };

        public override Sloppy Combine(Sloppy left, Sloppy right) => left;
    }

    public sealed class CannotBeRead : Case<CannotBeRead.Locked>
    {
        [JsonConverter(typeof(OneWay))]
        public sealed record Locked(long Number);

        public sealed class OneWay : JsonConverter<Locked>
        {
            public override Locked Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
                throw new NotSupportedException("It is never read.");

            public override void Write(Utf8JsonWriter writer, Locked value, JsonSerializerOptions options) =>
                writer.WriteNumberValue(value.Number);
        }

        public override Locked RunUnit(Input input, long unit, UnitContext context) => new(unit);

        public override Locked Combine(Locked left, Locked right) => left;
    }

    public sealed class MistakesItsResult : JobKind<Input, long, MistakesItsResult.Answer>
    {
        public sealed class Answer
        {
            public long Value { get; init; }

            private long _twice;

            // What is given back is forgotten.
            public long Twice
            {
                get => _twice;
                init => _twice = 0;
            }

            public static Answer Of(long value) => new() { Value = value, _twice = value * 2 };
        }

        public override long CountUnits(Input input) => input.Units;

        public override long RunUnit(Input input, long unit, UnitContext context) => 1;

        public override long Combine(long left, long right) => left + right;

        public override Answer Finish(Input input, long partial) => Answer.Of(partial);
    }

    public sealed record Computed(int Size = 3)
    {
        [NonSerialized]
        private readonly int _hidden = Size;

        public int Size { get; init; } = Size;

        public int Padded
        {
            get => _hidden * 2;
            init => _hidden = value;
        }
    }

    public sealed class MistakesItsInput : JobKind<Computed, long>
    {
        public override long CountUnits(Computed input) => 1;

        public override long RunUnit(Computed input, long unit, UnitContext context) => 1;

        public override long Combine(long left, long right) => left;
    }

    public sealed class IgnoresCancellation : Case<long>
    {
        private readonly ManualResetEventSlim _never = new();

        public override long RunUnit(Input input, long unit, UnitContext context)
        {
            _never.Wait(unit == 1 ? 700 : 0, CancellationToken.None);
            return unit;
        }

        public override long Combine(long left, long right) => left + right;
    }

    public sealed class ReturnsAPart : Case<long>
    {
        public override long RunUnit(Input input, long unit, UnitContext context)
        {
            long sum = 0;
            for (int i = 0; i < 1_000 && !context.CancellationToken.IsCancellationRequested; i++)
                sum += i;
            return sum;
        }

        public override long Combine(long left, long right) => left + right;
    }

    public sealed class ThrowsSomethingElse : Case<long>
    {
        public override long RunUnit(Input input, long unit, UnitContext context) =>
            context.CancellationToken.IsCancellationRequested ? throw new IOException("interrupted") : 1;

        public override long Combine(long left, long right) => left + right;
    }

    public sealed class Hangs : Case<long>
    {
        public override long RunUnit(Input input, long unit, UnitContext context)
        {
            context.CancellationToken.WaitHandle.WaitOne();
            context.CancellationToken.ThrowIfCancellationRequested();
            return 1;
        }

        public override long Combine(long left, long right) => left + right;
    }

    public sealed class Fails : Case<long>
    {
        public override long RunUnit(Input input, long unit, UnitContext context) =>
            unit == 3 ? throw new IOException("no disk", new FormatException("sector 3")) : 1;

        public override long Combine(long left, long right) => left + right;
    }

    public sealed class Recounts : Case<long>
    {
        private int _calls;

        public override long CountUnits(Input input) => ++_calls;

        public override long RunUnit(Input input, long unit, UnitContext context) => 1;

        public override long Combine(long left, long right) => left + right;
    }

    public sealed class WaitsSoundly : Case<long>
    {
        public override async ValueTask<long> RunUnitAsync(Input input, long unit, UnitContext context)
        {
            await Task.Delay(2, context.CancellationToken);
            return unit;
        }

        public override long Combine(long left, long right) => left + right;
    }

    public sealed class NeedsAllUnits : JobKind<Input, long, long>
    {
        public override long CountUnits(Input input) => input.Units;

        public override long RunUnit(Input input, long unit, UnitContext context) => 1;

        public override long Combine(long left, long right) => left + right;

        public override long Finish(Input input, long partial) =>
            partial == input.Units ? partial : throw new InvalidOperationException($"{partial} of {input.Units}");
    }

    [Theory]
    [InlineData(typeof(Adds), 12)]
    [InlineData(typeof(Adds), 1)]
    [InlineData(typeof(Adds), 2)]
    [InlineData(typeof(Adds), 1L << 60)]
    [InlineData(typeof(AddsFloats), 12)]
    [InlineData(typeof(AddsFloats), 1_000)]
    [InlineData(typeof(AddsManyFloats), 18)]
    [InlineData(typeof(Concatenates), 12)]
    [InlineData(typeof(WaitsSoundly), 12)]
    [InlineData(typeof(NeedsAllUnits), 12)]
    [InlineData(typeof(NeedsAllUnits), 1_000)]
    public Task VerifyAsync_SoundKind_Passes(Type kind, long units) => Verify(kind, new Input(units));

    [Theory]
    [InlineData(
        typeof(Subtracts),
        "Combine is not associative: of units 0, 1 and 2, the first two combined first give -4, the last two combined first 2."
    )]
    [InlineData(typeof(Averages), "Combine is not associative")]
    [InlineData(typeof(SubtractsDeepInside), " characters): rates[40].value is -157, and 119. Units are grouped by where ranges end.")]
    [InlineData(typeof(AveragesInside), "Combine is not associative")]
    [InlineData(typeof(CountsCalls), "gives other bytes the second time")]
    [InlineData(typeof(CountsAttempts), "gives other bytes the second time")]
    [InlineData(typeof(KnowsItsInstance), "gives other bytes on another instance")]
    [InlineData(typeof(SharesWhatCombineChanges), "Unit 0 gives other bytes")]
    [InlineData(typeof(LosesAField), "A partial does not survive its codec: Finish makes 66")]
    [InlineData(typeof(ChangesInItsCodec), "A partial does not survive its codec: that of unit 0 is")]
    [InlineData(typeof(CannotBeRead), "the partial of unit 0 failed")]
    [InlineData(typeof(MistakesItsResult), "The result does not survive JSON: twice is 24, and 0 when read back.")]
    [InlineData(typeof(IgnoresCancellation), "Unit 1 still ran 200ms after")]
    [InlineData(typeof(ReturnsAPart), "returned 0 instead of 499500")]
    [InlineData(typeof(ThrowsSomethingElse), "instead of throwing OperationCanceledException. IOException: interrupted")]
    [InlineData(typeof(Hangs), "Unit 0 did not end within 5s.")]
    [InlineData(typeof(Fails), "Unit 3 failed on attempt 3. IOException: no disk")]
    [InlineData(typeof(Fails), "IOException: no disk ---> System.FormatException: sector 3")]
    [InlineData(typeof(Recounts), "CountUnits returned 1, then 2 for the same input.")]
    public async Task VerifyAsync_UnsoundKind_SaysWhatIsWrong(Type kind, string words)
    {
        JobKindCheckException exception = await Assert.ThrowsAsync<JobKindCheckException>(() => Verify(kind, new Input()));
        Assert.Contains(words, Assert.Single(exception.Findings), StringComparison.Ordinal);
        Assert.Contains(words, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task VerifyAsync_InputThatChangesAsJson_SaysWhichField()
    {
        JobKindCheckException exception = await Assert.ThrowsAsync<JobKindCheckException>(() =>
            JobKindChecks.VerifyAsync(new MistakesItsInput(), new Computed(3), cancellationToken: Token)
        );
        Assert.Contains(
            "The input does not survive JSON: padded is 6, and 12 when read back.",
            exception.Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task VerifyAsync_RefusedInput_SaysWhy()
    {
        JobKindCheckException exception = await Assert.ThrowsAsync<JobKindCheckException>(() =>
            JobKindChecks.VerifyAsync(new Primes(), new Primes.Input(From: -1), cancellationToken: Token)
        );
        Assert.Contains("from is -1; it must be at least 0.", Assert.Single(exception.Findings), StringComparison.Ordinal);
    }

    [Fact]
    public async Task VerifyAsync_Canceled_Ends() =>
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            JobKindChecks.VerifyAsync(new Hangs(), new Input(), cancellationToken: new CancellationToken(canceled: true))
        );

    private static Task Verify(Type type, Input input)
    {
        JobKindCheckOptions options = new() { CancellationGrace = TimeSpan.FromMilliseconds(200), UnitTimeLimit = TimeSpan.FromSeconds(5) };
        return Activator.CreateInstance(type) switch
        {
            JobKind<Input, long, long> kind => JobKindChecks.VerifyAsync(kind, input, options, cancellationToken: Token),
            JobKind<Input, double, long> kind => JobKindChecks.VerifyAsync(kind, input, options, cancellationToken: Token),
            JobKind<Input, double[], long> kind => JobKindChecks.VerifyAsync(kind, input, options, cancellationToken: Token),
            JobKind<Input, long[], long> kind => JobKindChecks.VerifyAsync(kind, input, options, cancellationToken: Token),
            JobKind<Input, Guid, long> kind => JobKindChecks.VerifyAsync(kind, input, options, cancellationToken: Token),
            SubtractsDeepInside kind => JobKindChecks.VerifyAsync(kind, input, options, cancellationToken: Token),
            Concatenates kind => JobKindChecks.VerifyAsync(kind, input, options, cancellationToken: Token),
            AveragesInside kind => JobKindChecks.VerifyAsync(kind, input, options, cancellationToken: Token),
            LosesAField kind => JobKindChecks.VerifyAsync(kind, input, options, cancellationToken: Token),
            ChangesInItsCodec kind => JobKindChecks.VerifyAsync(kind, input, options, cancellationToken: Token),
            CannotBeRead kind => JobKindChecks.VerifyAsync(kind, input, options, cancellationToken: Token),
            MistakesItsResult kind => JobKindChecks.VerifyAsync(kind, input, options, cancellationToken: Token),
            _ => throw new ArgumentException($"{type} is not among the cases.", nameof(type)),
        };
    }
}
