using System.Collections.Concurrent;
using System.Globalization;
using Orleans.Runtime;
using Orleans.Serialization;
using OrleansWork.Engine.Storage;
using OrleansWork.Scheduling.Ledger;
using OrleansWork.Scheduling.Reduction;

namespace OrleansWork.Engine.Tests.Support;

/// <summary>Every manifest that was ever stored, checked as it comes: a job ends once, commits only grow, and what a manifest names exists.</summary>
internal sealed class ManifestHistory
{
    private readonly SharedGrainStorage _storage;
    private readonly ConcurrentDictionary<string, JobManifest> _last = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, int> _ends = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<string> _violations = new();

    public ManifestHistory(SharedGrainStorage storage)
    {
        _storage = storage;
        storage.Written = Check;
    }

    /// <summary>Gets what was wrong, each line naming its job.</summary>
    public IReadOnlyCollection<string> Violations => [.. _violations];

    /// <summary>Gets how often coordinators took over.</summary>
    public int Epochs => _last.Values.Sum(manifest => manifest.Epoch);

    /// <summary>Returns the manifest stored last, or null.</summary>
    public JobManifest? Last(string jobId) => _last.GetValueOrDefault(jobId);

    /// <summary>Returns how often the job went from open to ended in storage.</summary>
    public int Ends(string jobId) => _ends.GetValueOrDefault(jobId);

    private void Check(string key, StoredDocument document, Serializer serializer)
    {
        if (!key.StartsWith("manifest/", StringComparison.Ordinal))
            return;
        JobManifest next = serializer.Deserialize<JobManifest>(document.Content)!;
        JobManifest? before = _last.GetValueOrDefault(next.JobId);
        if (next.IsTerminal && before is not { IsTerminal: true })
            _ends.AddOrUpdate(next.JobId, 1, static (_, ends) => ends + 1);
        if (before is not null && before.Incarnation == next.Incarnation)
            Compare(before, next);
        CheckNodes(next);
        foreach (PageKey page in Named(next))
            Expect(_storage.Contains(Key(next, page)), next, $"names page {page.Epoch}/{page.Number}, which was never stored");
        _last[next.JobId] = next;
    }

    private void Compare(JobManifest before, JobManifest next)
    {
        Expect(next.Epoch >= before.Epoch, next, $"fell from epoch {before.Epoch}");
        Expect(before.UnitCount < 0 || next.UnitCount == before.UnitCount, next, $"had {before.UnitCount} units");
        if (before.IsTerminal)
        {
            Expect(next.State == before.State && next.FinishedTicks == before.FinishedTicks, next, $"had ended as {before.State}");
            return;
        }

        IntervalSet now = Committed(next);
        foreach (UnitRange range in Committed(before).ToArray())
            Expect(now.Covers(range), next, $"lost units of [{range.From}, {range.To}), which were committed");
    }

    private void CheckNodes(JobManifest manifest)
    {
        IntervalSet committed = Committed(manifest);
        if (manifest.IsMap)
        {
            Expect(manifest.ResultCount == committed.Count, manifest, $"has {manifest.ResultCount} results of {committed.Count} units");
            return;
        }

        if (manifest.State is JobState.Succeeded or JobState.Canceled)
            return;
        IntervalSet covered = new();
        long units = 0;
        foreach (StoredNode node in manifest.Nodes)
        {
            UnitRange range = new TreeNode(node.Level, node.Index).Range(manifest.UnitCount);
            units += range.Count;
            covered.Add(range);
        }

        Expect(units == covered.Count, manifest, "has two partials with a unit in common");
        Expect(covered.ToArray().SequenceEqual(committed.ToArray()), manifest, "has partials of other units than the committed ones");
    }

    private static IntervalSet Committed(JobManifest manifest)
    {
        IntervalSet committed = new();
        for (int i = 0; i + 1 < manifest.Committed.Length; i += 2)
            committed.Add(new UnitRange(manifest.Committed[i], manifest.Committed[i + 1]));
        return committed;
    }

    private static IEnumerable<PageKey> Named(JobManifest manifest)
    {
        IEnumerable<StoredPayload> payloads = manifest.Nodes.Select(node => node.Partial).Append(manifest.Input);
        if (manifest.Result is { } result)
            payloads = payloads.Append(result);
        IEnumerable<StoredSegment> segments =
        [
            .. manifest.Items.Sealed,
            .. manifest.Items.Open,
            .. manifest.Results.Sealed,
            .. manifest.Results.Open,
        ];
        return payloads
            .SelectMany(payload => payload.Pieces)
            .Select(piece => piece.Page)
            .Concat(segments.SelectMany(segment => segment.Pages));
    }

    private static string Key(JobManifest manifest, PageKey page)
    {
        GrainId id = GrainId.Create(
            "ow-page",
            string.Create(CultureInfo.InvariantCulture, $"{manifest.JobId}/{manifest.Incarnation:x16}/{page.Epoch}/{page.Number}")
        );
        return $"page/{id}";
    }

    private void Expect(bool holds, JobManifest manifest, string otherwise)
    {
        if (!holds)
            _violations.Enqueue($"job {manifest.JobId} (epoch {manifest.Epoch}, {manifest.State}) {otherwise}");
    }
}
