using OrleansWork.Console.LocalCluster;
using OrleansWork.Store;
using Xunit;

namespace OrleansWork.Console.Tests.LocalCluster;

public sealed class DamageTextTests
{
    private static readonly StoreDamage Flipped = new()
    {
        Files = [new DamagedFile("store/AOF/aof.log.0", DamageKind.Changed, 8192, 12_288)],
        Jobs = 46,
        Lost = ["a", "b"],
        SetBack = ["c"],
        Revived = ["d"],
        Until = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero),
    };

    [Fact]
    public void Refused_SaysWhatIsGoneWhereAndWhatToDo() =>
        Assert.Equal(
            [
                "The store in /d is damaged, so it was not started.",
                "store/AOF/aof.log.0 has other bytes than were written, between 8192 and 12288.",
                "2 of 46 jobs acknowledged until 2026-01-02T03:04:05Z are gone: a, b.",
                "1 goes back to an earlier state: c.",
                "1 that was forgotten comes back: d.",
                "Restore /d from a copy that is whole, or go on without what is gone: orleanswork up --data /d --accept-loss keeps the damaged files beside the store and starts with what was committed before the first damage.",
            ],
            Lines(DamageText.Refused("/d", Flipped, "/d/logs/store.log"))
        );

    [Fact]
    public void Accepted_SaysWhereTheDamagedFilesAre() =>
        Assert.Equal(
            "The damaged files are kept as /d/store.damaged-1.",
            Lines(DamageText.Accepted("/d", Flipped with { KeptAs = ["/d/store.damaged-1"] }))[^1]
        );

    [Fact]
    public void Refused_ManyJobsAndPlaces_AreCountedAndTheRestIsNamed()
    {
        StoreDamage damage = Flipped with
        {
            Lost = [.. Enumerable.Range(1, 45).Select(i => $"job-{i}")],
            Files = [.. Enumerable.Range(0, 9).Select(i => new DamagedFile("store/AOF/aof.log.0", DamageKind.CutOff, i, 100))],
        };
        string[] lines = Lines(DamageText.Refused("/d", damage, "/d/logs/store.log"));
        Assert.Contains("… and 4 places more.", lines);
        string gone = Assert.Single(lines, line => line.StartsWith("45 of 46 jobs", StringComparison.Ordinal));
        Assert.EndsWith("job-20 and 25 more (all of them in /d/logs/store.log).", gone, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(DamageKind.Missing, 0, 100, "store/x is missing; it held 100 bytes.")]
    [InlineData(DamageKind.Missing, 0, 0, "store/x is missing.")]
    [InlineData(DamageKind.CutOff, 40, 100, "store/x ends at byte 40, but was written up to byte 100.")]
    public void Refused_File_SaysWhatIsWrongWithIt(object kind, long from, long to, string expected) =>
        Assert.Contains(
            expected,
            Lines(DamageText.Refused("/d", Flipped with { Files = [new("store/x", (DamageKind)kind, from, to)] }, "log"))
        );

    [Fact]
    public void Refused_NothingOfAnyJob_SaysSo() =>
        Assert.Contains(
            "None of the 1 job acknowledged until 2026-01-02T03:04:05Z is gone.",
            Lines(DamageText.Refused("/d", Flipped with { Jobs = 1, Lost = [], SetBack = [], Revived = [] }, "log"))
        );

    [Fact]
    public void Refused_SealThatCannotBeRead_SaysThatNothingCanBeSaid() =>
        Assert.Equal(
            ["store.seal, which says what was written, cannot be used: it is missing.", "So it cannot be said whether any job is gone."],
            Lines(DamageText.Refused("/d", new StoreDamage { SealProblem = "it is missing", IsUnknown = true }, "log"))[1..3]
        );

    [Fact]
    public void Refused_SealThatEndsTooEarly_SaysHowManyJobsThereWere()
    {
        StoreDamage damage = new()
        {
            SealProblem = "it ends at byte 58, but was written up to byte 1756",
            IsUnknown = true,
            Files = [new DamagedFile("store/AOF/aof.log.0", DamageKind.CutOff, 120_000, 249_000)],
            Jobs = 8,
            JobsLeft = 1,
        };
        Assert.Equal(
            [
                "store.seal, which says what was written, cannot be used: it ends at byte 58, but was written up to byte 1756.",
                "store/AOF/aof.log.0 ends at byte 120000, but was written up to byte 249000.",
                "So it cannot be said which jobs are gone or go back to an earlier state: 8 jobs had a record, 1 of the log's can be read.",
            ],
            Lines(DamageText.Refused("/d", damage, "log"))[1..4]
        );
    }

    [Fact]
    public void ClockBehind_NamesBothTimesInOneLine()
    {
        DateTimeOffset now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
        string text = DamageText.ClockBehind("/d", now, now.AddHours(1));
        Assert.Equal(
            "The clock of this machine says 2026-01-02T03:04:05Z, but the store in /d was last written at 2026-01-02T04:04:05Z: the clock is 1h behind. Set it right; if it was ahead at that time, start once with --accept-clock.",
            text
        );
    }

    [Fact]
    public void Messages_OfAStore_AreReadAsTheyWereWritten()
    {
        Assert.Equal(
            new StoreReady(7001, 4711, 123, 4.5),
            StoreMessages.TryRead(StoreMessages.Write(new StoreReady(7001, 4711, 123, 4.5)))
        );
        StoreDamage read = Assert.IsType<StoreDamage>(StoreMessages.TryRead(Assert.Single(StoreMessages.Write(Flipped))));
        Assert.Equal((Flipped.Until, Flipped.Jobs), (read.Until, read.Jobs));
        Assert.Equal(Flipped.Files, read.Files);
        Assert.Equal(Flipped.Lost, read.Lost);
        Assert.Equal(Flipped.Until, StoreMessages.TryRead(StoreMessages.WriteClock(Flipped.Until!.Value)));
        Assert.All(
            (string[])["", "ready", "ready {", "damage []", "clock x", "something else"],
            line => Assert.Null(StoreMessages.TryRead(line))
        );
    }

    [Fact]
    public void Messages_OfManyJobs_AreLinesThatAReaderTakesWhole()
    {
        StoreDamage damage = Flipped with
        {
            Files = [.. Enumerable.Range(0, 120).Select(i => new DamagedFile("store/AOF/aof.log.0", DamageKind.Changed, i * 8192, 4096))],
            Lost = [.. Enumerable.Range(0, 2000).Select(i => $"{i}".PadLeft(64, 'x'))],
            SetBack = [.. Enumerable.Range(0, 150).Select(i => $"back-{i}")],
            Revived = ["again"],
            KeptAs = ["/d/store.damaged-1"],
        };
        using StringReader output = new(string.Join('\n', StoreMessages.Write(damage)) + "\n");
        List<string> lines = OutputLines.ReadAsync(output).ToBlockingEnumerable().ToList();
        Assert.True(lines.Count > 20, "one line would be cut");
        StoreDamage read = lines
            .Select(line => Assert.IsType<StoreDamage>(StoreMessages.TryRead(line)))
            .Aggregate((all, next) => all.With(next));
        Assert.Equal(damage.Files, read.Files);
        Assert.Equal(damage.Lost, read.Lost);
        Assert.Equal(damage.SetBack, read.SetBack);
        Assert.Equal(damage.Revived, read.Revived);
        Assert.Equal(damage.KeptAs, read.KeptAs);
        Assert.Equal((damage.Until, damage.Jobs), (read.Until, read.Jobs));
    }

    private static string[] Lines(string text) => text.ReplaceLineEndings("\n").Split('\n');
}
