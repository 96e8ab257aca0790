using CsCheck;
using OrleansWork.Store.Log;
using OrleansWork.Store.Sealing;
using OrleansWork.Store.Tests.Log;
using Xunit;

namespace OrleansWork.Store.Tests.Sealing;

/// <summary>What was acknowledged is found again, or what is missing is told; what was not acknowledged is nobody's loss.</summary>
public sealed class StoreCheckTests
{
    [Fact]
    public void Run_FilesAsWritten_AreWholeHoweverTheStoreEnded() =>
        Gen.Select(LogWalkerTests.GenSteps, Gen.Bool, Gen.Bool)
            .Sample(
                (steps, stops, dies) =>
                {
                    using SealedStore store = new();
                    SampleLog log = WriteAll(store, steps);
                    if (dies)
                    {
                        // Written, but the store was killed before it was sealed: acknowledged to nobody.
                        log.Write("late", 5_000);
                        log.Commit();
                        store.Write(log, log.Tail, sealIt: false);
                    }

                    if (stops)
                        store.Stop();
                    StoreCheck found = store.Check();
                    Assert.Empty(found.Damage);
                    Assert.Equal(log.Commits[^1].Until, found.Committed);
                    Assert.Equal(log.Commits[^1].Jobs.Order(), found.Jobs.Spans.Keys.Order());

                    // With a write under way nobody knows whether it is in the log.
                    Assert.Equal(stops && !dies, store.Seal.StoppedInOrder);
                    Assert.Null(SealReading.Read(store.Folder).Problem ?? found.SealProblem);
                },
                iter: 40
            );

    [Fact]
    public void Run_AnyDamageOfWhatWasAcknowledged_IsToldAndCostsWhatIsSaid() =>
        Gen.Select(LogWalkerTests.GenSteps, Gen.Int[0, 4], Gen.Double.Unit, Gen.Int[0, 7], Gen.Bool)
            .Sample(
                (steps, kind, part, bit, stops) =>
                {
                    using SealedStore store = new();
                    SampleLog log = WriteAll(store, [.. steps, (0, 1, 900), (4, 0, 0)]);
                    if (stops)
                        store.Stop();
                    long at = Damage(store, kind, (long)(part * (log.Tail - 1)), bit);
                    StoreCheck found = store.Check();
                    StoreDamage told = StoreRepair.Describe(found, store.Seal);

                    Assert.NotEmpty(told.Files);
                    Assert.Contains(
                        told.Files,
                        file => file.Kind == DamageKind.Missing || (file.From <= at && at < Math.Max(file.To, file.From + 1))
                    );
                    (long until, HashSet<string> left) = log.Commits.Single(commit => commit.Until == found.Committed);
                    Assert.True(until <= at || until == LogWalker.FirstAddress);
                    Assert.Equal(log.Commits[^1].Jobs.Except(left).Order(), told.Lost);
                    Assert.Equal(left.Except(log.Commits[^1].Jobs).Order(), told.Revived);
                    Assert.Equal(log.Commits[^1].Jobs.Count, told.Jobs);

                    // What is left is whole, and nothing of the rest is gone before somebody has agreed.
                    IReadOnlyList<string> kept = StoreRepair.Cut(store.Folder, found, TimeProvider.System);
                    Assert.Equal(kind == 3 ? 0 : 1, kept.Count);
                    StoreCheck rest = StoreCheck.Run(store.Folder, new Seal());
                    Assert.Equal((until, left.Count), (rest.Committed, rest.Jobs.Spans.Count));
                },
                iter: 80
            );

    [Fact]
    public void Run_JobsWrittenAfterTheDamage_AreSetBack()
    {
        using SealedStore store = new();
        SampleLog log = new();
        Add("first");
        Add("second");
        log.Add("filler", 3 * BlockSeal.BlockBytes);
        Add("first");
        Add("third");
        store.Write(log, log.Tail);
        Damage(store, kind: 0, 2 * BlockSeal.BlockBytes, bit: 3);
        StoreDamage told = StoreRepair.Describe(store.Check(), store.Seal);
        Assert.Equal(["first"], told.SetBack);
        Assert.Equal(["third"], told.Lost);
        Assert.Equal(3, told.Jobs);

        void Add(string job)
        {
            log.Write(job, 100);
            log.Commit();
        }
    }

    [Fact]
    public void Run_OlderCopyOfTheStore_IsCutOff()
    {
        using SealedStore store = new();
        SampleLog log = WriteAll(store, [(0, 1, 6_000), (4, 0, 0)]);
        byte[] older = File.ReadAllBytes(store.LogFile);
        log.Write("job-2", 6_000);
        log.Commit();
        store.Write(log, log.Tail);
        store.Stop();
        File.WriteAllBytes(store.LogFile, older);
        StoreDamage told = StoreRepair.Describe(store.Check(), store.Seal);
        Assert.Equal(DamageKind.CutOff, Assert.Single(told.Files).Kind);
        Assert.Equal(["job-2"], told.Lost);
    }

    [Fact]
    public void Run_OlderSealOfTheSameStore_LosesNothing()
    {
        using SealedStore store = new();
        SampleLog log = WriteAll(store, [(0, 1, 6_000), (4, 0, 0)]);
        Seal older = store.Seal;
        log.Write("job-2", 6_000);
        log.Commit();
        store.Write(log, log.Tail);
        StoreCheck found = StoreCheck.Run(store.Folder, older);
        Assert.Empty(found.Damage);
        Assert.Equal(log.Tail, found.Committed);
    }

    [Fact]
    public void Run_FileBesideTheLog_IsSealedToo()
    {
        using SealedStore store = new();
        string checkpoint = Path.Combine(store.Folder.Store, "Store", "checkpoints", "info.dat");
        Directory.CreateDirectory(Path.GetDirectoryName(checkpoint)!);
        File.WriteAllText(checkpoint, "a checkpoint of an earlier version");
        using LogSealer sealer = new(store.Folder, StoreCheck.Run(store.Folder, new Seal()), TimeProvider.System);
        Assert.Empty(store.Check().Damage);
        File.WriteAllText(checkpoint, "b checkpoint of an earlier version");
        Assert.Equal(DamageKind.Changed, Assert.Single(store.Check().Damage).Kind);
        File.Delete(checkpoint);
        StoreDamage told = StoreRepair.Describe(store.Check(), store.Seal);
        Assert.Equal(new DamagedFile("store/Store/checkpoints/info.dat", DamageKind.Missing, 0, 34), Assert.Single(told.Files));
        Assert.True(told.IsUnknown);
    }

    [Fact]
    public void Add_ManySmallWrites_TheSealStaysSmall()
    {
        using SealedStore store = new();
        SampleLog log = new();
        long longest = 0;
        for (int i = 0; i < 400; i++)
        {
            log.Write("job-1", 10);
            log.Commit();
            store.Write(log, log.Tail);
            longest = Math.Max(longest, new FileInfo(store.Folder.Seal).Length);
        }

        store.Stop();
        Assert.True(new FileInfo(store.Folder.Seal).Length < longest / 5);
        Assert.Empty(store.Check().Damage);
    }

    private static SampleLog WriteAll(SealedStore store, IEnumerable<(int Step, int Job, int Bytes)> steps)
    {
        SampleLog log = LogWalkerTests.LogOf(steps);
        foreach ((long until, _) in log.Commits.Skip(1))
            store.Write(log, until);
        return log;
    }

    // Returns an address that is damaged.
    private static long Damage(SealedStore store, int kind, long at, int bit)
    {
        long until = store.Seal.Committed;
        at = Math.Min(at, until - 1);
        switch (kind)
        {
            case 0:
                Change(at, bytes => bytes[0] ^= (byte)(1 << bit), 1);
                return at;
            case 1:
                long page = at - (at % BlockSeal.BlockBytes);
                int length = (int)Math.Min(BlockSeal.BlockBytes, until - page);
                Change(page, bytes => bytes.Fill(bytes.ContainsAnyExcept((byte)0) ? (byte)0 : (byte)1), length);
                return page;
            case 2:
                using (FileStream file = new(store.LogFile, FileMode.Open))
                    file.SetLength(at);
                return at;
            case 3:
                Directory.Delete(store.Folder.Store, recursive: true);
                return 0;
            default:
                File.Delete(store.LogFile);
                return 0;
        }

        void Change(long address, ChangeBytes change, int count)
        {
            byte[] all = File.ReadAllBytes(store.LogFile);
            change(all.AsSpan((int)address, count));
            File.WriteAllBytes(store.LogFile, all);
        }
    }

    private delegate void ChangeBytes(Span<byte> bytes);
}
