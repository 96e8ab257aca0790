using OrleansWork.Silo.Watching;
using Xunit;

namespace OrleansWork.Silo.Tests.Watching;

/// <summary>When the cluster's queue is empty: known only where every open job has an end that is known.</summary>
public sealed class ClusterStatusTests
{
    private static readonly JobSummary s_running = new(
        "a",
        "primes",
        1,
        JobState.Running,
        new UnitCounts(10, 5, 0, 0),
        DateTimeOffset.UnixEpoch,
        null,
        1,
        null
    )
    {
        EtaSeconds = new EtaInterval(20, 30),
    };

    private static readonly JobSummary s_longer = s_running with { Id = "b", EtaSeconds = new EtaInterval(15, 60) };

    [Fact]
    public void QueueEta_IsTheLastEndOfAll() =>
        Assert.Equal(
            new EtaInterval(20, 60),
            Eta(queued: 0, started: 2, s_running, s_longer, s_running with { Id = "c", State = JobState.Succeeded, EtaSeconds = null })
        );

    [Fact]
    public void QueueEta_NoJobIsOpen_IsNone() => Assert.Null(Eta(0, 0, s_running with { State = JobState.Canceled }));

    [Theory]
    [InlineData(JobState.Queued)]
    [InlineData(JobState.Paused)]
    [InlineData(JobState.Decomposing)]
    public void QueueEta_OneThatHasNoEnd_IsNone(JobState state) => Assert.Null(Eta(0, 2, s_running, s_longer with { State = state }));

    [Fact]
    public void QueueEta_OneThatHasJustBegun_IsNone() => Assert.Null(Eta(0, 2, s_running, s_longer with { EtaSeconds = null }));

    [Fact]
    public void QueueEta_MoreAreOpenThanAreListed_IsNone() => Assert.Null(Eta(1, 2, s_running, s_longer));

    private static EtaInterval? Eta(int queued, int started, params JobSummary[] newest) =>
        ClusterStatus.Of([], queued, started, newest).QueueEtaSeconds;
}
