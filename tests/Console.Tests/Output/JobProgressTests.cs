using Microsoft.Extensions.Time.Testing;
using OrleansWork.Console.Output;
using Spectre.Console;
using Xunit;

namespace OrleansWork.Console.Tests.Output;

public sealed class JobProgressTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void Render_RunningJob_ShowsShareSpeedRestAndSilos()
    {
        JobProgress progress = new(_time);
        JobStatus job = new FakeJob("j1", "primes", "{}").Current;
        progress.Render(job with { Units = new UnitCounts(100, 20, 0, 0) });
        _time.Advance(TimeSpan.FromSeconds(2));

        string text = Draw(progress, job with { Units = new UnitCounts(100, 60, 1, 2) });

        Assert.Contains("primes j1", text, StringComparison.Ordinal);
        Assert.Contains("60%", text, StringComparison.Ordinal);
        Assert.Contains("60 of 100 done, 1 failed, 2 wasted  20/s  1.5 s  2.0 s to 3.0 s left", text, StringComparison.Ordinal);
        Assert.Contains("127.0.0.1:11111@1", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Render_NamesWithControlCharactersAndMarkup_AreShownAsTheyAre()
    {
        JobStatus job = new FakeJob("j1", "[red]k\u001b[2J", "{}").Current with { Waiting = "no silo\r\nhas [gpu]" };

        string text = Draw(new JobProgress(_time), job);

        Assert.Contains(@"[red]k\u001b[2J", text, StringComparison.Ordinal);
        Assert.Contains(@"waiting: no silo\r\nhas [gpu]", text, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', text);
    }

    [Fact]
    public void Render_JobBeforeDecomposition_HasNoShare()
    {
        JobStatus job = new FakeJob("j1", "primes", "{}").Current with
        {
            State = JobState.Queued,
            Units = new UnitCounts(null, 0, 0, 0),
            EtaSeconds = null,
        };

        string text = Draw(new JobProgress(_time), job);

        Assert.Contains("0%", text, StringComparison.Ordinal);
        Assert.Contains("queued", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Render_AbsurdNumbers_AreShownSomehow()
    {
        long[] counts = [0, 1, 1L << 62, long.MaxValue, -1];
        double[] times = [0, -1, 1e9, double.MaxValue, double.NaN, double.PositiveInfinity];
        JobProgress progress = new(_time);
        JobStatus job = new FakeJob("j1", "primes", "{}").Current;
        foreach (long total in counts)
        {
            foreach (long done in counts)
            {
                foreach (double time in times)
                {
                    JobStatus absurd = job with
                    {
                        Units = new UnitCounts(total, done, done, total),
                        ElapsedSeconds = time,
                        EtaSeconds = new EtaInterval(time, time),
                        Coverage = time,
                        Silos = [new SiloShare("s", total, done, time)],
                        Failures = [new UnitFailure(total, int.MaxValue, "T", "m", null)],
                    };
                    Assert.Contains("primes j1", Draw(progress, absurd), StringComparison.Ordinal);
                    Assert.Contains("j1 running", JobProgress.Line(absurd), StringComparison.Ordinal);
                    Assert.NotEmpty(JobEnding.Summary(absurd));
                    _time.Advance(TimeSpan.FromMilliseconds(100));
                }
            }
        }
    }

    [Fact]
    public void Speed_OldSteps_LeaveTheWindow()
    {
        SpeedMeter speed = new(_time);
        Assert.Null(speed.Note(0));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(1000, speed.Note(1000));
        for (int second = 0; second < 10; second++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            speed.Note(1000 + second);
        }

        Assert.InRange(speed.Note(1009)!.Value, 0, 2);
    }

    private static string Draw(JobProgress progress, JobStatus job)
    {
        using StringWriter writer = new();
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, Out = new AnsiConsoleOutput(writer) });
        console.Profile.Width = 120;
        console.Write(progress.Render(job));
        return writer.ToString();
    }
}
