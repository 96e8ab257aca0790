using Microsoft.Extensions.Time.Testing;
using OrleansWork.Console.Output;
using Xunit;

namespace OrleansWork.Console.Tests.Output;

/// <summary>What a job waits for is said where nothing is drawn.</summary>
public sealed class WaitingNoticeTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly ConsoleRun _run;
    private readonly WaitingNotice _notice;
    private readonly FakeJob _job = new("j7", "primes", "{}");

    public WaitingNoticeTests()
    {
        _run = new ConsoleRun(time: _time);
        _notice = new WaitingNotice(_run.Context.Terminal, _time);
    }

    public void Dispose()
    {
        _notice.Dispose();
        _run.Dispose();
    }

    [Fact]
    public void Take_ReasonsThatComeAndGo_AreSaidOnceEach()
    {
        foreach (string? reason in (string?[])["no silo takes leases", "no silo takes leases", null, "no silo takes leases", "storage"])
            Take(_job.Current with { Waiting = reason });
        Assert.Equal("Job j7 waits: no silo takes leases\nJob j7 waits: storage\n", _run.Error);
    }

    [Theory]
    [InlineData(JobState.Queued, "Job j7 waits for its turn")]
    [InlineData(JobState.Paused, "Job j7 is paused: orleanswork resume j7")]
    public void Take_JobThatDoesNotRun_SaysWhy(JobState state, string expected)
    {
        Take(_job.Current with { State = state });
        Assert.StartsWith(expected, _run.ErrorLine, StringComparison.Ordinal);
    }

    [Fact]
    public void Take_ReasonOfAMoment_IsNotSaid()
    {
        _notice.Take(_job.Current with { State = JobState.Queued });
        _time.Advance(TimeSpan.FromMilliseconds(500));
        Take(_job.Current);
        _notice.Take(_job.Current with { Waiting = "its last moment" });
        Take(_job.Current with { State = JobState.Succeeded, Waiting = "its last moment" });
        Assert.Empty(_run.Error);
    }

    [Theory]
    [InlineData("run", "primes", "--id", "j1")]
    [InlineData("watch", "j1", "--json")]
    [InlineData("watch", "j1")]
    public async Task Follow_JobThatWaits_SaysForWhatOnTheErrorStream(params string[] arguments)
    {
        FakeJob job = _run.Cluster.Add("j1");
        _run.Cluster.OnSubmit = submitted => job = submitted;
        Task<int> running = _run.RunAsync(arguments);
        job.Become(job.Current with { Waiting = "no silo takes leases" });
        const string Expected = "Job j1 waits: no silo takes leases\n";
        using CancellationTokenSource ceiling = new(TimeSpan.FromSeconds(30));
        while (!_run.Error.Contains(Expected, StringComparison.Ordinal))
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(1, ceiling.Token);
        }

        job.Succeed("1");
        Assert.Equal(0, await running.WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.DoesNotContain(Expected, _run.Out, StringComparison.Ordinal);
    }

    private void Take(JobStatus job)
    {
        _notice.Take(job);
        _time.Advance(TimeSpan.FromSeconds(2));
    }
}
