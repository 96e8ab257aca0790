using OrleansWork.Store.Files;
using OrleansWork.Store.Log;

namespace OrleansWork.Store.Sealing;

/// <summary>What a damage costs, and how to go on without it.</summary>
internal static class StoreRepair
{
    /// <summary>Says what is gone when a store goes on with what <paramref name="found"/> left of it.</summary>
    public static StoreDamage Describe(StoreCheck found, Seal seal)
    {
        IReadOnlyDictionary<string, JobSpan> had = seal.Jobs.Spans;
        IReadOnlyDictionary<string, JobSpan> left = found.Jobs.Spans;
        return new StoreDamage
        {
            Files = found.Damage,
            IsUnknown = found.IsBesideTheLog,
            Jobs = had.Count,
            Lost = [.. had.Keys.Where(id => !left.ContainsKey(id)).Order(StringComparer.Ordinal)],
            SetBack =
            [
                .. had.Where(job => left.ContainsKey(job.Key) && job.Value.Last >= found.Committed)
                    .Select(job => job.Key)
                    .Order(StringComparer.Ordinal),
            ],
            Revived = [.. left.Keys.Where(id => !had.ContainsKey(id)).Order(StringComparer.Ordinal)],
            Until = seal.Time,
        };
    }

    /// <summary>Says what is known when the seal is not the one that was written.</summary>
    public static StoreDamage DescribeUnsealed(StoreCheck found, string problem, SealMark? mark) =>
        new()
        {
            SealProblem = problem,
            Files = found.Damage,
            IsUnknown = true,
            Jobs = mark?.Jobs ?? 0,
            JobsLeft = mark is null ? null : found.Jobs.Spans.Count,
        };

    /// <summary>Puts the damaged files aside, and in their place what is left of the log: all up to the last commit before the first damage.</summary>
    /// <returns>Where they are now.</returns>
    public static IReadOnlyList<string> Cut(StoreFolder folder, StoreCheck found, TimeProvider time)
    {
        string rest = folder.Rest;
        if (Directory.Exists(rest))
            Directory.Delete(rest, recursive: true);
        PrivateFiles.CreateFolder(rest);
        string log = Path.Combine(rest, Path.GetFileName(folder.Log));
        PrivateFiles.CreateFolder(log);
        if (found.Committed > LogWalker.FirstAddress)
            LogFiles.CopyUntil(folder.Log, found.Committed, log);
        List<string> kept = [];
        if (Directory.Exists(folder.Store))
        {
            string aside = StoreFolder.Aside(folder.Store, time.GetUtcNow());
            Directory.Move(folder.Store, aside);
            kept.Add(aside);
        }

        Directory.Move(rest, folder.Store);
        PrivateFiles.FlushFolder(folder.DataDirectory);
        return kept;
    }
}
