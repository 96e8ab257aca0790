using CsCheck;
using OrleansWork.Store.Log;
using Xunit;

namespace OrleansWork.Store.Tests.Log;

public sealed class LogWalkerTests
{
    /// <summary>What a log may hold: (what, which job, how many bytes).</summary>
    public static Gen<(int Step, int Job, int Bytes)[]> GenSteps { get; } =
        Gen.Select(Gen.Int[0, 5], Gen.Int[0, 9], Gen.Int[0, 2_500]).Array[0, 60];

    internal static SampleLog LogOf(IEnumerable<(int Step, int Job, int Bytes)> steps)
    {
        SampleLog log = new();
        foreach ((int step, int job, int bytes) in steps)
        {
            switch (step)
            {
                case 0 or 1:
                    log.Write($"job-{job}", bytes, bytes);
                    break;
                case 2:
                    log.Remove($"job-{job}");
                    break;
                case 3:
                    log.Add($"orleanswork/state/catalogshard/{job}/catalog", bytes, bytes);
                    break;
                default:
                    log.Commit();
                    break;
            }
        }

        return log;
    }

    [Fact]
    public void Append_AnyLogInAnyPieces_FindsTheLastCommitAndItsJobs() =>
        Gen.Select(GenSteps, Gen.Int[1, 700])
            .Sample(
                (steps, piece) =>
                {
                    SampleLog log = LogOf(steps);
                    JobLedger jobs = new();
                    LogWalker walker = new(LogWalker.FirstAddress, jobs.Apply);
                    foreach (byte[] bytes in log.Bytes.Skip((int)LogWalker.FirstAddress).Chunk(piece))
                        walker.Append(bytes);
                    Assert.False(walker.IsLost);
                    Assert.Equal(log.Tail, walker.Address);
                    Assert.Equal(log.Commits[^1].Until, walker.Committed);
                    Assert.Equal(log.Commits[^1].Jobs.Order(), jobs.Spans.Keys.Order());
                }
            );

    [Fact]
    public void Append_LogThatIsCutAnywhere_EndsAtTheLastWholeCommit() =>
        Gen.Select(GenSteps, Gen.Double.Unit)
            .Sample(
                (steps, part) =>
                {
                    SampleLog log = LogOf(steps);
                    int end = (int)(LogWalker.FirstAddress + (part * (log.Tail - LogWalker.FirstAddress)));
                    LogWalker walker = new(LogWalker.FirstAddress, _ => { });
                    walker.Append(log.Bytes.AsSpan((int)LogWalker.FirstAddress, end - (int)LogWalker.FirstAddress));
                    Assert.Equal(log.Commits.Last(commit => commit.Until <= end).Until, walker.Committed);
                }
            );

    [Fact]
    public void Append_AnyBytes_NeverThrows() =>
        Gen
            .Byte.Array[0, 3_000]
            .Sample(bytes =>
            {
                LogWalker walker = new(LogWalker.FirstAddress, _ => { });
                walker.Append(bytes);
                Assert.Equal(LogWalker.FirstAddress, walker.Committed);
            });

    [Fact]
    public void Append_EntriesOverSeveralPages_GoesOnAfterTheZeros()
    {
        SampleLog log = new();
        for (int i = 0; i < 40; i++)
        {
            log.Write($"job-{i}", 2_000_000);
            log.Commit();
        }

        JobLedger jobs = new();
        LogWalker walker = new(LogWalker.FirstAddress, jobs.Apply);
        walker.Append(log.Bytes.AsSpan((int)LogWalker.FirstAddress));
        Assert.True(log.Tail > 2L * LogWalker.PageBytes);
        Assert.Equal((log.Tail, 40), (walker.Committed, jobs.Spans.Count));
    }

    [Theory]
    [InlineData("orleanswork/state/ow-job/abc/manifest", "abc")]
    [InlineData("a.b_c-d/state/ow-job/A.b_C-9/manifest", "A.b_C-9")]
    [InlineData("orleanswork/state/ow-job/abc/other", null)]
    [InlineData("orleanswork/state/ow-page/abc/1/2/page", null)]
    [InlineData("orleanswork/state/ow-job//manifest", null)]
    [InlineData("orleanswork/state/ow-job/a b/manifest", null)]
    [InlineData("orleanswork/state/ow-job/x23456789012345678901234567890123456789012345678901234567890123456/manifest", null)]
    public void Append_Key_IsTheRecordOfAJobOrNot(string key, string? job)
    {
        SampleLog log = new();
        log.Add(key, 100);
        log.Commit();
        List<JobNote> notes = [];
        new LogWalker(LogWalker.FirstAddress, notes.Add).Append(log.Bytes.AsSpan((int)LogWalker.FirstAddress));
        Assert.Equal(job is null ? [] : [new JobNote(job, LogWalker.FirstAddress, IsRemoved: false)], notes);
    }
}
