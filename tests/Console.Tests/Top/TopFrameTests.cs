using OrleansWork.Console.Output;
using OrleansWork.Console.Top;
using Xunit;

namespace OrleansWork.Console.Tests.Top;

public sealed class TopFrameTests
{
    private static readonly ScreenSize s_usual = new(80, 24);

    [Fact]
    public void Draw_80x24_IsTheGoldenScreen() =>
        IsScreen(
            """
            2 silos of 3 active, 3 of 4 slots busy, 1,260/s, 2 open jobs           03:04:05Z
            silo            state       slots  run queued    speed errors    cpu    memory
            127.0.0.1:11111 active          2    2     14  1,235/s     0%  97.5%   210 MiB
            127.0.0.1:11112 active          2    1      0     25/s     5%     8%    99 MiB
            127.0.0.1:11113 quarantined     2    0      0      0/s   100%     0%     1 MiB

            job              kind      state     units   done     rate      left
            3f2a9c8100112233 synthetic running  20,000    25%  1,200/s  < 12.5 s
            nightly-7        primes    paused














            q leave  s S sort  r reverse  / filter  tab table  j k scroll  p pause  ? keys
            """,
            TopFrame.Draw(Sample(), new TopState(), s_usual)
        );

    [Fact]
    public void Draw_Typing_ShowsTheFilterAndOnlyWhatHasIt()
    {
        TopFrame frame = TopFrame.Draw(Sample(), new TopState { Filter = "zone=B", IsTyping = true }, s_usual);
        Assert.Single(frame.Lines, line => line.Text.Contains(":11112", StringComparison.Ordinal));
        Assert.DoesNotContain(frame.Lines, line => line.Text.Contains(":11111", StringComparison.Ordinal));
        Assert.DoesNotContain(frame.Lines, line => line.Text.Contains("nightly", StringComparison.Ordinal));
        Assert.StartsWith("/zone=B", frame.Lines[^1].Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, false, "11111 11112 11113")]
    [InlineData(5, false, "11111 11112 11113")]
    [InlineData(5, true, "11113 11112 11111")]
    [InlineData(6, false, "11113 11112 11111")]
    [InlineData(null, true, "11113 11112 11111")]
    public void Draw_Sorted_NumbersFallAndTextRises(int? column, bool reversed, string order)
    {
        TopFrame frame = TopFrame.Draw(Sample(), new TopState { Silos = new TopView(column, reversed) }, s_usual);
        Assert.Equal(order, string.Join(' ', frame.Lines.Skip(2).Take(3).Select(line => line.Text.Split(' ')[0][^5..])));
        Assert.Equal(column is null ? 0 : 1, frame.Lines[1].Text.Count(character => character is '↑' or '↓'));
    }

    [Fact]
    public void Draw_MoreRowsThanLines_ShowsAPartAndSaysWhich()
    {
        TopSample many = Many(silos: 40, jobs: 30);
        TopFrame frame = TopFrame.Draw(many, new TopState { Silos = new TopView(First: 5), Jobs = new TopView(First: 1000) }, s_usual);
        Assert.Equal(24, frame.Lines.Count);
        Assert.StartsWith("silo 6–14 of 40", frame.Lines[1].Text, StringComparison.Ordinal);
        Assert.StartsWith("10.0.0.5:1 ", frame.Lines[2].Text, StringComparison.Ordinal);
        Assert.StartsWith("job 21–30 of 30", frame.Lines[12].Text, StringComparison.Ordinal);
        Assert.Equal(20, frame.State.Jobs.First);
    }

    [Fact]
    public void Draw_FewSilos_LeaveTheirLinesToJobs_AndTheOtherWayRound()
    {
        Assert.Contains("job 1–17 of 30", Text(TopFrame.Draw(Many(silos: 2, jobs: 30), new TopState(), s_usual)), StringComparison.Ordinal);
        Assert.Contains(
            "silo 1–18 of 40",
            Text(TopFrame.Draw(Many(silos: 40, jobs: 1), new TopState(), s_usual)),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Draw_AnySizeAndContent_StaysInTheWindow()
    {
        TopSample hostile = new(
            FakeJob.Start,
            [
                .. Enumerable
                    .Range(0, 50)
                    .Select(i => new SiloStatus(
                        $"[fe80::{new string('1', i)}]:65535@1",
                        "quarantined",
                        int.MaxValue,
                        int.MaxValue,
                        int.MaxValue,
                        1e15,
                        1,
                        1,
                        long.MaxValue,
                        0,
                        new Dictionary<string, string>(),
                        []
                    )),
            ],
            [.. Enumerable.Range(0, 50).Select(i => Job($"\u001b[2J\n{new string('日', i)}", new string('k', 200), long.MaxValue, 1, 1e15))]
        );
        for (int width = 1; width <= 200; width += 7)
        {
            for (int height = 1; height <= 60; height += 5)
            {
                foreach (TopState state in (TopState[])[new(), new() { ShowsKeys = true }, new() { IsTyping = true, Filter = "\u0007" }])
                {
                    TopFrame frame = TopFrame.Draw(hostile, state, new ScreenSize(width, height), trouble: new string('x', 500));
                    Assert.InRange(frame.Lines.Count, 1, height);
                    Assert.All(frame.Lines, line => Assert.InRange(Cells.Of(line.Text), 0, width));
                    Assert.DoesNotContain(frame.Lines, line => line.Text.Any(char.IsControl));
                    if (width < TopFrame.LeastWidth || height < TopFrame.LeastHeight)
                        Assert.Single(frame.Lines);
                }
            }
        }
    }

    [Fact]
    public void Draw_SmallTerminal_SaysSoInOneLine() =>
        Assert.Equal(
            "top needs 80×24, this is 79×24; q leaves",
            Assert.Single(TopFrame.Draw(Sample(), new TopState(), new ScreenSize(79, 24)).Lines).Text
        );

    [Fact]
    public void Draw_Trouble_StandsBelowWhatWasSeenLast()
    {
        TopFrame frame = TopFrame.Draw(Sample(), new TopState { IsPaused = true }, s_usual, "no answer: silo\u001b[31m");
        Assert.Equal("no answer: silo\\u001b[31m", frame.Lines[^1].Text);
        Assert.EndsWith("paused at 03:04:05Z", frame.Lines[0].Text, StringComparison.Ordinal);
    }

    internal static TopSample Sample() =>
        new(
            FakeJob.Start,
            [
                Silo(11111, "active", 2, 14, 1234.6, 0, 0.975, 210, "a"),
                Silo(11112, "active", 1, 0, 25, 0.05, 0.08, 99, "b"),
                Silo(11113, "quarantined", 0, 0, 0, 1, 0, 1, "a"),
            ],
            [
                Job("3f2a9c8100112233", "synthetic", 20_000, 5_000, 1200, new EtaInterval(10, 12.5)),
                Job("nightly-7", "primes", total: null, 0, rate: null, state: JobState.Paused),
            ]
        );

    private static TopSample Many(int silos, int jobs) =>
        new(
            FakeJob.Start,
            [
                .. Enumerable
                    .Range(0, silos)
                    .Select(i => new SiloStatus($"10.0.0.{i}:1@1", "active", 2, 0, 0, 0, 0, 0, 0, 0, new Dictionary<string, string>(), [])),
            ],
            [.. Enumerable.Range(0, jobs).Select(i => Job($"job-{i}", "primes", 10, 1, 1))]
        );

    private static SiloStatus Silo(
        int port,
        string state,
        int running,
        int queued,
        double speed,
        double errors,
        double cpu,
        long mebibytes,
        string zone
    ) =>
        new(
            $"127.0.0.1:{port}@154382262",
            state,
            2,
            running,
            queued,
            speed,
            errors,
            cpu,
            mebibytes << 20,
            0,
            new Dictionary<string, string> { ["zone"] = zone },
            []
        );

    private static TopJob Job(
        string id,
        string kind,
        long? total,
        long done,
        double? rate,
        EtaInterval? eta = null,
        JobState state = JobState.Running
    ) =>
        new(new JobSummary(id, kind, 1, state, new UnitCounts(total, done, 0, 0), FakeJob.Start, null, 1, null) { EtaSeconds = eta }, rate);

    private static string Text(TopFrame frame) => string.Join('\n', frame.Lines.Select(line => line.Text.TrimEnd()));

    private static void IsScreen(string expected, TopFrame frame)
    {
        Assert.Equal(24, frame.Lines.Count);
        Assert.Equal(expected.ReplaceLineEndings("\n"), Text(frame));
    }
}
