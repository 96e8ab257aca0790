using Microsoft.Extensions.Time.Testing;
using OrleansWork.Console.Top;
using Xunit;

namespace OrleansWork.Console.Tests.Top;

public sealed class TopWatchTests
{
    private readonly FakeCluster _cluster = new();
    private readonly FakeTimeProvider _time = new(FakeJob.Start);

    [Fact]
    public async Task Look_JobsThatRun_HaveTheirRateFromTheSecondLookOn()
    {
        TopWatch watch = new(_cluster, _time);
        _cluster.Jobs = new Page<JobSummary>([Job("a", JobState.Running, 100), Job("b", JobState.Succeeded, 10)], null);
        TopJob first = Assert.Single((await watch.LookAsync(TestContext.Current.CancellationToken)).Jobs);
        Assert.Equal(("a", null), (first.Summary.Id, first.UnitsPerSecond));

        _time.Advance(TimeSpan.FromMilliseconds(500));
        _cluster.Jobs = new Page<JobSummary>([Job("a", JobState.Running, 150)], null);
        Assert.Equal(100, Assert.Single((await watch.LookAsync(TestContext.Current.CancellationToken)).Jobs).UnitsPerSecond);
    }

    [Fact]
    public async Task Look_OldJobsBehindManyNewOnes_AreFollowedUntilTheyEnd()
    {
        TopWatch watch = new(_cluster, _time);
        FakeJob old = _cluster.Add("old");
        _cluster.ListJobs = query =>
            query.State is null ? new Page<JobSummary>([Job("new", JobState.Succeeded, 10)], "more")
            : query.State == JobState.Running ? new Page<JobSummary>([Job("old", JobState.Running, 3)], null)
            : new Page<JobSummary>([], null);
        Assert.Equal(3, Assert.Single((await watch.LookAsync(TestContext.Current.CancellationToken)).Jobs).Summary.Units.Done);
        int searches = _cluster.Queries.Count(query => query.State is not null);

        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(4, Assert.Single((await watch.LookAsync(TestContext.Current.CancellationToken)).Jobs).Summary.Units.Done);
        Assert.Equal(searches, _cluster.Queries.Count(query => query.State is not null));

        old.Succeed("1");
        Assert.Empty((await watch.LookAsync(TestContext.Current.CancellationToken)).Jobs);
        _time.Advance(TopWatch.SearchPeriod);
        Assert.Single((await watch.LookAsync(TestContext.Current.CancellationToken)).Jobs);
    }

    [Fact]
    public async Task Look_OldJobThatIsForgotten_IsLeftOut()
    {
        TopWatch watch = new(_cluster, _time);
        _cluster.ListJobs = query =>
            query.State == JobState.Paused
                ? new Page<JobSummary>([Job("gone", JobState.Paused, 3)], null)
                : new Page<JobSummary>([], query.State is null ? "more" : null);
        Assert.Single((await watch.LookAsync(TestContext.Current.CancellationToken)).Jobs);
        Assert.Empty((await watch.LookAsync(TestContext.Current.CancellationToken)).Jobs);
    }

    private static JobSummary Job(string id, JobState state, long done) =>
        new(id, "primes", 1, state, new UnitCounts(1000, done, 0, 0), FakeJob.Start, null, 1, null);
}
