using System.Text.Json;
using Xunit;

namespace OrleansWork.Console.Tests.Commands;

public sealed class CompareCommandTests : IDisposable
{
    private readonly ConsoleRun _run = new();

    public void Dispose() => _run.Dispose();

    [Fact]
    public async Task Compare_TwoJobs_SaysWhoEndedSoonerAndMarksTheBetterMeasures()
    {
        Add("j1", seconds: 41.2, busy: 0.947, lastRound: 1.9, result: "r");
        Add("j2", seconds: 52.2, busy: 0.748, lastRound: 12.6, result: "r");

        Assert.Equal(0, await _run.RunAsync("compare", "j1", "j2"));

        string[] lines = _run.Out.Split('\n');
        Assert.Equal("A ended 11.0 s sooner. Same input, same result bits.", lines[0]);
        Assert.Equal("makespan 41.2 s 52.2 s A", Line("makespan"));
        Assert.Equal("over lower bound 1.06 x 1.34 x A", Line("over lower bound"));
        Assert.Equal("slots busy 94.7% 74.8% A", Line("slots busy"));
        Assert.Equal("time in last round 1.9 s 12.6 s A", Line("time in last round"));
        Assert.Equal("lease time p50 - -", Line("lease time p50"));
        Assert.Equal("compute 94.7 s 94.7% 74.8 s 74.8%", Line("compute"));

        string Line(string start) =>
            string.Join(
                ' ',
                Assert
                    .Single(lines, line => line.StartsWith(start, StringComparison.Ordinal))
                    .Split(' ', StringSplitOptions.RemoveEmptyEntries)
            );
    }

    [Fact]
    public async Task Compare_Json_HasBothJobsAndWhoIsBetter()
    {
        Add("j1", seconds: 10, busy: 0.5, lastRound: 1, result: "r");
        Add("j2", seconds: 8, busy: 0.5, lastRound: 2, result: "s");

        Assert.Equal(0, await _run.RunAsync("compare", "j1", "j2", "--json"));

        JsonElement compared = JsonElement.Parse(_run.Out);
        Assert.Equal("j1", compared.GetProperty("a").GetProperty("id").GetString());
        Assert.Equal((true, false), (compared.GetProperty("sameInput").GetBoolean(), compared.GetProperty("sameResult").GetBoolean()));
        Dictionary<string, string?> better = compared
            .GetProperty("measures")
            .EnumerateArray()
            .ToDictionary(measure => measure.GetProperty("name").GetString()!, measure => measure.GetProperty("better").GetString());
        Assert.Equal(("b", "a", null), (better["makespanSeconds"], better["lastRoundSeconds"], better["slotsBusy"]));
    }

    [Fact]
    public async Task Compare_WithOneThatRuns_SaysSo()
    {
        Add("j1", seconds: 10, busy: 0.5, lastRound: 1, result: "r");
        _run.Cluster.Add("j2");

        Assert.Equal(0, await _run.RunAsync("compare", "j1", "j2"));

        Assert.StartsWith("B has not ended. Whether the input is the same is not known.", _run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Compare_WithOneThatIsNotThere_Is4()
    {
        _run.Cluster.Add("j1");
        Assert.Equal(4, await _run.RunAsync("compare", "j1", "j3"));
        Assert.Contains("There is no job j3", _run.ErrorLine, StringComparison.Ordinal);
    }

    private void Add(string id, double seconds, double busy, double lastRound, string result)
    {
        FakeJob job = _run.Cluster.Add(id);
        job.Succeed("1");
        job.Become(
            job.Current with
            {
                StartedAt = FakeJob.Start,
                FinishedAt = FakeJob.Start.AddSeconds(seconds),
                Accounting = new JobAccounting
                {
                    SlotSeconds = 100,
                    Compute = busy * 100,
                    IdleWorkElsewhere = 100 - (busy * 100),
                },
            }
        );
        job.Measured = new JobDetails
        {
            Id = id,
            Kind = "primes",
            Options = new JobOptions(),
            Units = new UnitCounts(10, 10, 0, 0),
            InputHash = "i",
            ResultHash = result,
            LowerBoundSeconds = 39,
            LastRoundSeconds = lastRound,
        };
    }
}
