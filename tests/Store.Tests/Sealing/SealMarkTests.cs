using CsCheck;
using OrleansWork.Store.Log;
using OrleansWork.Store.Sealing;
using OrleansWork.Store.Tests.Log;
using Xunit;

namespace OrleansWork.Store.Tests.Sealing;

/// <summary>A seal that ends too early is told, also where the log is cut with it; a store that was killed is not damaged.</summary>
public sealed class SealMarkTests
{
    private static readonly Guid OtherBoot = new("6a1e7e0c-3c52-4a56-9d5f-1f1f5e1b0001");

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Seal_CutAtAnyByte_IsToldWithTheLogWholeAndCut(bool stops)
    {
        StoreFiles files = Make(stops);
        Assert.False(files.IsTold());
        StoreFiles cutLog = files with { Log = files.Log![..(files.Log!.Length / 2)] };
        for (int length = 0; length < files.Seal!.Length; length++)
        {
            StoreFiles cut = files with { Seal = files.Seal[..length] };
            Assert.NotNull(cut.ProblemOfSeal(SealMark.ReadBoot()));
            if (length % 37 == 0)
                Assert.NotNull((cut with { Log = cutLog.Log }).Open().Problem);
        }

        (string? problem, StoreCheck found) = (files with { Seal = files.Seal[..60], Log = cutLog.Log }).Open();
        Assert.Equal($"it ends at byte 58, but was written up to byte {files.Seal.Length}", problem);
        DamagedFile log = Assert.Single(found.Damage);
        Assert.Equal((DamageKind.CutOff, (long)cutLog.Log!.Length), (log.Kind, log.From));
        Assert.True(found.Jobs.Spans.Count < 8);
        StoreDamage told = StoreRepair.DescribeUnsealed(found, problem!, SealMark.Read(files.Mark));
        Assert.Equal((8, (int?)found.Jobs.Spans.Count), (told.Jobs, told.JobsLeft));
    }

    [Fact]
    public void SealAndLog_DamagedTogetherAnyhow_AreTold()
    {
        (StoreFiles stopped, StoreFiles killed) = (Make(stops: true), Make(stops: false));
        Gen.Select(Gen.Bool, Gen.Int[0, 4], Gen.Double.Unit, Gen.Int[0, 3], Gen.Double.Unit)
            .Sample(
                (stops, sealKind, sealPart, logKind, logPart) =>
                {
                    StoreFiles files = stops ? stopped : killed;
                    Assert.True(
                        (files with { Seal = Damage(files.Seal!, sealKind, sealPart), Log = Damage(files.Log!, logKind, logPart) }).IsTold()
                    );
                },
                iter: 100
            );
    }

    [Fact]
    public void OneOrTwoFiles_ReplacedByOlderCopies_AreTold()
    {
        using SealedStore store = new();
        SampleLog log = new();
        Add(store, log, 3);
        store.Stop();
        StoreFiles older = store.Files();
        store.Restart();
        Add(store, log, 3);
        StoreFiles running = store.Files();
        store.Stop();
        foreach (StoreFiles now in (StoreFiles[])[running, store.Files()])
        {
            Assert.False(now.IsTold());
            Assert.Equal("it is an older copy", (now with { Seal = older.Seal }).Open().Problem);
            Assert.True((now with { Log = older.Log }).IsTold());
            Assert.Equal("it is an older copy", (now with { Seal = older.Seal, Log = older.Log }).Open().Problem);
            Assert.True((now with { Mark = older.Mark }).IsTold());
            Assert.True((now with { Mark = older.Mark, Log = older.Log }).IsTold());
            Assert.Contains("but the log was committed up to", (now with { Seal = older.Seal, Mark = older.Mark }).Open().Problem);

            // A copy of all three is the store as it was.
            Assert.False(older.IsTold());
        }
    }

    [Fact]
    public void Files_Missing_AreTold()
    {
        StoreFiles files = Make(stops: true);
        Assert.Equal("it is missing", (files with { Seal = null }).Open().Problem);
        Assert.EndsWith("is missing", (files with { Mark = null }).Open().Problem, StringComparison.Ordinal);
        Assert.EndsWith("is not what was written", (files with { Mark = new byte[1024] }).Open().Problem, StringComparison.Ordinal);
        Assert.True((files with { Log = null }).IsTold());
        Assert.True((files with { Seal = null, Log = null }).IsTold());
        Assert.Contains((files with { Seal = null, Log = null }).Open().Found.Damage, file => file.Kind == DamageKind.Missing);
        Assert.True((files with { Seal = null, Mark = null }).IsTold());
        Assert.True((files with { Mark = null, Log = null }).IsTold());
        Assert.True((files with { Seal = files.Seal![..10], Mark = null }).IsTold());
    }

    [Fact]
    public void Mark_AnyBitFlipped_IsOutlivedByItsOtherCopy()
    {
        StoreFiles files = Make(stops: true);
        for (int at = 0; at < files.Mark!.Length; at += 29)
        {
            byte[] mark = [.. files.Mark];
            mark[at] ^= 0x10;
            Assert.False((files with { Mark = mark }).IsTold());
            Assert.NotNull((files with { Mark = mark, Seal = files.Seal![..^20] }).Open().Problem);
        }
    }

    [Fact]
    public void Store_KilledBetweenAnyTwoWrites_IsWhole()
    {
        using SealedStore store = new();
        SampleLog log = new();
        store.Write(log, log.Tail);
        StoreFiles before = store.Files();
        for (int i = 0; i < 12; i++)
        {
            // Stopped, started, and killed and started: each writes the seal anew.
            if (i % 4 == 1)
                store.Stop();
            if (i % 4 >= 1)
                store.Restart();
            else
                Add(store, log, 1);
            StoreFiles after = store.Files();
            Assert.False(after.IsTold());
            if (i % 4 != 1)
            {
                // The log is written before the seal, and that before its mark.
                Assert.False((before with { Log = after.Log }).IsTold());
                Assert.False((after with { Mark = before.Mark }).IsTold());
            }

            if (i % 4 == 0)
            {
                for (int length = before.Seal!.Length; length < after.Seal!.Length; length += 5)
                    Assert.False((after with { Seal = after.Seal[..length], Mark = before.Mark }).IsTold());
            }

            before = after;
        }
    }

    [Fact]
    public void Seal_AfterPowerLoss_MayLackWhatWasNotFlushed()
    {
        StoreFiles files = Make(stops: false);
        int flushed = (int)SealMark.Read(files.Mark)!.Flushed;
        Assert.InRange(flushed, 1, files.Seal!.Length - 1);
        for (int length = 0; length < files.Seal.Length; length++)
        {
            StoreFiles cut = files with { Seal = files.Seal[..length] };
            Assert.Equal(length < flushed, cut.ProblemOfSeal(OtherBoot) is not null);
            if (length % 37 != 0)
                continue;
            Assert.Empty(cut.Open(OtherBoot).Found.Damage);

            // The log was written through, whatever became of its seal.
            Assert.NotEmpty((cut with { Log = files.Log![..^600] }).Open(OtherBoot).Found.Damage);
        }
    }

    [Fact]
    public void Seal_OfAnEarlierVersion_OpensAndIsMarkedFromThenOn()
    {
        StoreFiles files = Make(stops: true);
        Assert.False(new StoreFiles(SealHeader.Unmarked.ToArray(), null, files.Log).IsTold());

        // Not once it has a mark.
        Assert.Equal("it is an older copy", (files with { Seal = SealHeader.Unmarked.ToArray() }).Open().Problem);
    }

    private static StoreFiles Make(bool stops)
    {
        using SealedStore store = new();
        Add(store, new SampleLog(), 8);
        if (stops)
            store.Stop();
        return store.Files();
    }

    private static void Add(SealedStore store, SampleLog log, int jobs)
    {
        for (int i = 0; i < jobs; i++)
        {
            log.Write($"job-{log.Tail}", 700);
            log.Commit();
            store.Write(log, log.Tail);
        }
    }

    private static byte[]? Damage(byte[] bytes, int kind, double part)
    {
        int at = (int)(part * (bytes.Length - 1));
        byte[] damaged = [.. bytes];
        switch (kind)
        {
            case 0:
                return bytes[..at];
            case 1:
                damaged[at] ^= 0x40;
                return damaged;
            case 2:
                damaged.AsSpan(at).Clear();
                damaged[at] = (byte)~bytes[at];
                return damaged;
            case 3:
                return null;
            default:
                return SealHeader.Unmarked.ToArray();
        }
    }
}
