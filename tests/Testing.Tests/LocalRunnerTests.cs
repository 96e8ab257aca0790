using System.Globalization;
using CsCheck;
using Microsoft.Extensions.DependencyInjection;
using OrleansWork.Jobs;

namespace OrleansWork.Testing.Tests;

public sealed class LocalRunnerTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public sealed record Input(long Units = 7, IReadOnlyList<long>? Broken = null, int Heals = int.MaxValue);

    /// <summary>Shows the grouping in its result.</summary>
    [JobKind("grouping")]
    public class Grouping : JobKind<Input, string>
    {
        public static readonly JobKindRef<Input, string> Kind = KindOf<Grouping>();

        public override IEnumerable<InputProblem> Validate(Input input) =>
            input.Units < 0 ? [new("units", $"units is {input.Units}; it must be at least 0.")] : [];

        public override long CountUnits(Input input) => input.Units;

        public override string RunUnit(Input input, long unit, UnitContext context) =>
            input.Broken?.Contains(unit) == true && context.Attempt < input.Heals
                ? throw new FormatException($"bad digit at {unit}")
                : unit.ToString(CultureInfo.InvariantCulture);

        public override string Combine(string left, string right) => $"({left}+{right})";
    }

    public sealed class Failing(string where, Exception exception) : JobKind<Input, long>
    {
        private void At(string place)
        {
            if (string.Equals(place, where, StringComparison.Ordinal))
                throw exception;
        }

        public override ValueTask PrepareAsync(Input input, CancellationToken cancellationToken)
        {
            At("PrepareAsync");
            return ValueTask.CompletedTask;
        }

        public override long CountUnits(Input input)
        {
            At("CountUnits");
            return input.Units;
        }

        public override long RunUnit(Input input, long unit, UnitContext context)
        {
            At("RunUnit");
            return unit;
        }

        public override long Combine(long left, long right)
        {
            At("Combine");
            return left + right;
        }
    }

    public sealed class Waiting : JobKind<Input, long>
    {
        private int _atOnce;
        private int _mostAtOnce;

        public int MostAtOnce => _mostAtOnce;

        public override long CountUnits(Input input) => input.Units;

        public override async ValueTask<long> RunUnitAsync(Input input, long unit, UnitContext context)
        {
            int now = Interlocked.Increment(ref _atOnce);
            InterlockedMax(ref _mostAtOnce, now);
            await Task.Delay(1, context.CancellationToken);
            Interlocked.Decrement(ref _atOnce);
            return unit;
        }

        public override long Combine(long left, long right) => left + right;

        private static void InterlockedMax(ref int target, int value)
        {
            int seen;
            while ((seen = Volatile.Read(ref target)) < value && Interlocked.CompareExchange(ref target, value, seen) != seen) { }
        }
    }

    public sealed class Drawing : JobKind<Input, List<ulong>>
    {
        public override long CountUnits(Input input) => input.Units;

        public override List<ulong> RunUnit(Input input, long unit, UnitContext context) => [context.Random.NextUInt64()];

        // Changes and returns its left operand, as it may.
        public override List<ulong> Combine(List<ulong> left, List<ulong> right)
        {
            left.AddRange(right);
            return left;
        }
    }

    public sealed class Sized : JobKind<Input, byte[]>
    {
        public override long CountUnits(Input input) => 1;

        public override byte[] RunUnit(Input input, long unit, UnitContext context) => new byte[input.Units];

        public override byte[] Combine(byte[] left, byte[] right) => left;
    }

    public sealed class Disposed(Disposed.Log log) : JobKind<Input, long>, IAsyncDisposable
    {
        public sealed class Log
        {
            public List<string> Lines { get; } = [];
        }

        public override long CountUnits(Input input) => 1;

        public override long RunUnit(Input input, long unit, UnitContext context)
        {
            log.Lines.Add("run");
            return 5;
        }

        public override long Combine(long left, long right) => left;

        public ValueTask DisposeAsync()
        {
            log.Lines.Add("disposed");
            return ValueTask.CompletedTask;
        }
    }

    [Theory]
    [InlineData(1, "0")]
    [InlineData(2, "(0+1)")]
    [InlineData(3, "((0+1)+2)")]
    [InlineData(7, "(((0+1)+(2+3))+((4+5)+6))")]
    public async Task RunAsync_AnyRanges_UseTheCanonicalTree(long units, string expected)
    {
        for (long chunk = 1; chunk <= units; chunk++)
        {
            JobOptions options = new() { ChunkUnits = chunk, MaxParallel = 3 };
            Assert.Equal(expected, await LocalRunner.RunAsync(new Grouping(), new Input(units), options, cancellationToken: Token));
        }
    }

    [Fact]
    public Task RunAsync_AnyRangesAndThreads_GiveTheSameResult() =>
        Gen.Select(Gen.Long[1, 300], Gen.Long[1, 70], Gen.Int[1, 6])
            .SampleAsync(
                async (units, chunk, threads) =>
                {
                    string one = await LocalRunner.RunAsync(
                        new Grouping(),
                        new Input(units),
                        new JobOptions { ChunkUnits = units, MaxParallel = 1 },
                        cancellationToken: Token
                    );
                    string many = await LocalRunner.RunAsync(
                        new Grouping(),
                        new Input(units),
                        new JobOptions { ChunkUnits = chunk, MaxParallel = threads },
                        cancellationToken: Token
                    );
                    Assert.Equal(one, many);
                },
                iter: 100
            );

    [Fact]
    public Task RunAsync_SkippedUnits_CountAsNothing() =>
        Gen.Select(Gen.Long[1, 40], Gen.Long[0, 39].HashSet[1, 8], Gen.Long[1, 9])
            .SampleAsync(
                async (units, broken, chunk) =>
                {
                    JobOptions options = new()
                    {
                        OnUnitFailure = OnUnitFailure.Skip,
                        MaxAttempts = 1,
                        ChunkUnits = chunk,
                        MaxParallel = 3,
                    };
                    Input input = new(units, [.. broken]);
                    string? expected = Expected(0, 1L << 6, unit => unit < units && !broken.Contains(unit));
                    if (expected is null)
                        await Assert.ThrowsAsync<JobFailedException>(() =>
                            LocalRunner.RunAsync(new Grouping(), input, options, cancellationToken: Token)
                        );
                    else
                        Assert.Equal(expected, await LocalRunner.RunAsync(new Grouping(), input, options, cancellationToken: Token));
                },
                iter: 200
            );

    private static string? Expected(long from, long width, Func<long, bool> exists)
    {
        if (width == 1)
            return exists(from) ? from.ToString(CultureInfo.InvariantCulture) : null;
        string? left = Expected(from, width / 2, exists);
        string? right = Expected(from + (width / 2), width / 2, exists);
        return left is null ? right
            : right is null ? left
            : $"({left}+{right})";
    }

    [Fact]
    public async Task RunAsync_AFailingUnit_IsTriedAgain() =>
        Assert.Equal("((0+1)+2)", await LocalRunner.RunAsync(new Grouping(), new Input(3, [1], Heals: 3), cancellationToken: Token));

    [Fact]
    public async Task RunAsync_AUnitThatKeepsFailing_FailsTheJobReadably()
    {
        JobFailedException failure = await Assert.ThrowsAsync<JobFailedException>(() =>
            LocalRunner.RunAsync(new Grouping(), new Input(9, [4]), cancellationToken: Token)
        );
        Assert.Equal("Job kind grouping: Unit 4 failed on all 3 attempts. FormatException: bad digit at 4", failure.Message);
        Assert.Equal(
            ("FormatException", 4L, "local"),
            (failure.Status.Error!.Type, failure.Status.Error.Unit!.Value, failure.Status.Error.Silo)
        );
        Assert.IsType<FormatException>(failure.InnerException);
        Assert.Equal(JobState.Failed, failure.Status.State);
    }

    [Fact]
    public async Task RunAsync_PermanentFailure_IsNotTriedAgain()
    {
        Failing kind = new("RunUnit", new PermanentFailureException("no such file"));
        JobFailedException failure = await Assert.ThrowsAsync<JobFailedException>(() =>
            LocalRunner.RunAsync(kind, new Input(1), new JobOptions { MaxAttempts = 9 }, cancellationToken: Token)
        );
        Assert.Equal("Job kind failing: Unit 0 failed on attempt 1, for good. PermanentFailureException: no such file", failure.Message);
    }

    [Theory]
    [InlineData("PrepareAsync")]
    [InlineData("CountUnits")]
    [InlineData("Combine")]
    public async Task RunAsync_OtherMethodsThatThrow_AreNamed(string where)
    {
        Failing kind = new(where, new InvalidOperationException("broken"));
        JobFailedException failure = await Assert.ThrowsAsync<JobFailedException>(() =>
            LocalRunner.RunAsync(kind, new Input(4), cancellationToken: Token)
        );
        Assert.Equal($"Job kind failing: {where} failed. InvalidOperationException: broken", failure.Message);
    }

    [Theory]
    [InlineData("PrepareAsync", "PrepareAsync failed. ")]
    [InlineData("CountUnits", "CountUnits failed. ")]
    [InlineData("RunUnit", "Unit 0 failed on all 1 attempts. ")]
    [InlineData("Combine", "Combine failed. ")]
    public async Task RunAsync_WhatCausedAFailure_IsTold(string where, string said)
    {
        Failing kind = new(where, new InvalidOperationException("broken", new IOException("no disk", new FormatException("a digit"))));
        JobFailedException failure = await Assert.ThrowsAsync<JobFailedException>(() =>
            LocalRunner.RunAsync(kind, new Input(4), new JobOptions { MaxAttempts = 1, MaxParallel = 1 }, cancellationToken: Token)
        );
        Assert.Equal(
            $"Job kind failing: {said}InvalidOperationException: broken ---> System.IO.IOException: no disk ---> System.FormatException: a digit",
            failure.Message
        );
    }

    [Theory]
    [InlineData(0, "Empty failed. PermanentFailureException: The input has no units.")]
    [InlineData((1L << 62) + 1, "CountUnits returned 4611686018427387905; it must be from 0 to 2^62.")]
    public async Task RunAsync_WrongNumberOfUnits_FailsTheJob(long units, string message)
    {
        JobFailedException failure = await Assert.ThrowsAsync<JobFailedException>(() =>
            LocalRunner.RunAsync(new Grouping(), new Input(units), cancellationToken: Token)
        );
        Assert.Equal($"Job kind grouping: {message}", failure.Message);
    }

    [Fact]
    public async Task RunAsync_WrongInputOrOptions_NamesTheFields()
    {
        RequestException input = await Assert.ThrowsAnyAsync<RequestException>(() =>
            LocalRunner.RunAsync(new Grouping(), new Input(-1), cancellationToken: Token)
        );
        Assert.Equal((ErrorReason.WrongInput, "units"), (input.Reason, Assert.Single(input.Problems).Field));
        RequestException options = await Assert.ThrowsAnyAsync<RequestException>(() =>
            LocalRunner.RunAsync(new Grouping(), new Input(1), new JobOptions { MaxAttempts = 0 }, cancellationToken: Token)
        );
        Assert.Equal("maxAttempts", Assert.Single(options.Problems).Field);
    }

    [Fact]
    public async Task RunAsync_PayloadOverTheLimit_IsRefused()
    {
        Assert.Equal(
            LocalRunner.MaxPayloadBytes,
            (await LocalRunner.RunAsync(new Sized(), new Input(LocalRunner.MaxPayloadBytes), cancellationToken: Token)).Length
        );
        JobFailedException failure = await Assert.ThrowsAsync<JobFailedException>(() =>
            LocalRunner.RunAsync(new Sized(), new Input(LocalRunner.MaxPayloadBytes + 1), cancellationToken: Token)
        );
        Assert.Contains("16777217 bytes", failure.Message, StringComparison.Ordinal);
        Assert.Equal("PayloadTooLarge", failure.Status.Error!.Type);
    }

    [Fact]
    public async Task RunAsync_AsyncUnits_WaitAtTheSameTime()
    {
        Waiting kind = new();
        JobOptions options = new() { ChunkUnits = 10, MaxParallel = 8 };
        Assert.Equal(19_900, await LocalRunner.RunAsync(kind, new Input(200), options, cancellationToken: Token));
        Assert.InRange(kind.MostAtOnce, 2, 8);
    }

    [Fact]
    public async Task RunAsync_RandomNumbers_DependOnSeedAndUnitOnly()
    {
        List<ulong> one = await LocalRunner.RunAsync(
            new Drawing(),
            new Input(50),
            new JobOptions { ChunkUnits = 50 },
            cancellationToken: Token
        );
        List<ulong> many = await LocalRunner.RunAsync(
            new Drawing(),
            new Input(50),
            new JobOptions { ChunkUnits = 3 },
            cancellationToken: Token
        );
        List<ulong> seeded = await LocalRunner.RunAsync(
            new Drawing(),
            new Input(50),
            new JobOptions { Seed = 9 },
            cancellationToken: Token
        );
        Assert.Equal(one, many);
        Assert.Equal(50, one.Distinct().Count());
        Assert.Equal(
            [.. Enumerable.Range(0, 50).Select(unit => PhiloxRandom.At(9, (ulong)unit, 0)).Select(w => w.A | ((ulong)w.B << 32))],
            seeded
        );
        Assert.NotEqual(one, seeded);
    }

    [Fact]
    public async Task RunAsync_ByName_FindsTheKindBesideItsInput()
    {
        Assert.Equal("(0+1)", await LocalRunner.RunAsync(Grouping.Kind, new Input(2), cancellationToken: Token));
        JobKindDefinitionException unknown = await Assert.ThrowsAsync<JobKindDefinitionException>(() =>
            LocalRunner.RunAsync(new JobKindRef<Input, string>("gruoping"), new Input(2), cancellationToken: Token)
        );
        Assert.Contains("did you mean grouping?", unknown.Message, StringComparison.Ordinal);
        JobKindDefinitionException others = await Assert.ThrowsAsync<JobKindDefinitionException>(() =>
            LocalRunner.RunAsync(new JobKindRef<Input, long>("grouping"), new Input(2), cancellationToken: Token)
        );
        Assert.Contains("System.String", others.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RunAsync_ByType_MakesAndDisposesAnInstance()
    {
        Disposed.Log log = new();
        await using ServiceProvider services = new ServiceCollection().AddSingleton(log).BuildServiceProvider();
        Assert.Equal(
            5,
            await LocalRunner.RunAsync<Input, long>(typeof(Disposed), new Input(), services: services, cancellationToken: Token)
        );
        Assert.Equal(["run", "disposed"], log.Lines);
    }

    [Fact]
    public async Task RunAsync_Canceled_Ends()
    {
        using CancellationTokenSource source = CancellationTokenSource.CreateLinkedTokenSource(Token);
        Task<Synthetic.Result> run = LocalRunner.RunAsync(
            new Synthetic(),
            new Synthetic.Input(100, 1e9, Synthetic.WorkMode.Sleep),
            cancellationToken: source.Token
        );
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run.WaitAsync(TimeSpan.FromSeconds(20), Token));
    }

    [Fact]
    public async Task RunAsync_UnitTimeout_FailsTheUnit()
    {
        JobOptions options = new() { UnitTimeout = TimeSpan.FromMilliseconds(20), MaxAttempts = 2 };
        JobFailedException failure = await Assert.ThrowsAsync<JobFailedException>(() =>
            LocalRunner.RunAsync(new Synthetic(), new Synthetic.Input(3, 0, HangUnits: [1]), options, cancellationToken: Token)
        );
        Assert.Contains(
            "Unit 1 failed on all 2 attempts. TimeoutException: It ran longer than 20ms",
            failure.Message,
            StringComparison.Ordinal
        );
    }
}
