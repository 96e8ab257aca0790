using CsCheck;
using OrleansWork.Jobs;
using OrleansWork.Testing;

namespace OrleansWork.Abstractions.Tests;

public sealed class JobOptionsTests
{
    private static readonly TimeSpan Longest = TimeSpan.FromDays(10_000);

    private static Gen<T> Among<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    /// <summary>Legal options, most of them at an end of their range.</summary>
    private static readonly Gen<JobOptions> Legal = Gen.Select(
        Gen.Select(Gen.Enum<PlacementPolicy>(), Gen.Enum<ExecutionMode>(), Gen.Enum<OnUnitFailure>(), Gen.Bool),
        Among<long?>(null, 1, 2, 1L << 62, long.MaxValue),
        Among(TimeSpan.FromMilliseconds(1), TimeSpan.FromMinutes(1)),
        Among<int?>(null, 1, 7, int.MaxValue),
        Among(1, 100),
        Among<TimeSpan?>(null, TimeSpan.FromHours(10_000), Longest),
        Among<TimeSpan?>(null, TimeSpan.FromHours(10_000), Longest),
        Among<long?>(null, 0, long.MinValue, long.MaxValue),
        (words, chunk, time, parallel, attempts, timeout, deadline, seed) =>
            new JobOptions
            {
                Placement = words.Item1,
                Execution = words.Item2,
                OnUnitFailure = words.Item3,
                Partial = words.Item4,
                Speculation = !words.Item4,
                ChunkUnits = chunk,
                ChunkTime = time,
                MaxParallel = parallel,
                MaxAttempts = attempts,
                UnitTimeout = timeout,
                Deadline = deadline,
                Priority = words.Item4 ? 9 : 0,
                Seed = seed,
            }
    );

    [Fact]
    public Task LocalRunner_AnyLegalOptions_GivesTheResult() =>
        Legal.SampleAsync(
            async options =>
            {
                Assert.Empty(options.Validate());
                Assert.Equal(168, await LocalRunner.RunAsync(new Primes(), new Primes.Input(To: 1_000, Block: 10), options));
            },
            iter: 60
        );

    [Theory]
    [InlineData(1)]
    [InlineData(long.MaxValue)]
    public void Validate_TimesBeyondTheLongest_AreRefusedByName(long ticksMore)
    {
        TimeSpan beyond = TimeSpan.FromTicks(Math.Max(ticksMore, Longest.Ticks + ticksMore));
        JobOptions options = new() { UnitTimeout = beyond, Deadline = beyond };
        Assert.Equal(["unitTimeout", "deadline"], options.Validate().Select(problem => problem.Field));
        Assert.All(options.Validate(), problem => Assert.Contains("at most 10000d", problem.Message, StringComparison.Ordinal));
    }
}
