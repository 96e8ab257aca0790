using System.Collections.Immutable;
using OrleansWork.Scheduling.Coordination;
using OrleansWork.Scheduling.Ledger;
using OrleansWork.Scheduling.Reduction;

namespace OrleansWork.Engine.Storage;

/// <summary>What a machine's snapshot is in the record of its job, and what it is again when a coordinator reads that.</summary>
/// <remarks>Pure: where the bytes of partials lie, and which silos live, is for the caller to say. What is written and read back is the same snapshot, with
/// handles from 1 on in the order of its nodes.</remarks>
internal static class StoredProgress
{
    /// <summary>Writes all of a snapshot into a record.</summary>
    /// <param name="record">The record; its state stays.</param>
    /// <param name="snapshot">The snapshot.</param>
    /// <param name="place">Says where the partial of a handle lies; asked once for each node, in their order.</param>
    public static JobManifest WithProgress(this JobManifest record, JobSnapshot snapshot, Func<long, StoredPayload> place)
    {
        ImmutableArray<StoredNode>.Builder nodes = ImmutableArray.CreateBuilder<StoredNode>(snapshot.Nodes.Count);
        foreach ((TreeNode node, long handle) in snapshot.Nodes)
            nodes.Add(new StoredNode((byte)node.Level, node.Index, place(handle)));
        return record.WithCounters(snapshot).WithCommitted(snapshot) with
        {
            UnitCount = snapshot.UnitCount,
            LeasedTo = snapshot.LeasedTo,
            MayLeaseTo = snapshot.MayLeaseTo,
            Suspects = ToStored(snapshot.Suspects),
            VagueTo = snapshot.VagueTo,
            Silos = [.. snapshot.Silos],
            Nodes = nodes.DrainToImmutable(),
        };
    }

    /// <summary>Writes what a snapshot counted, and what failed, into a record.</summary>
    public static JobManifest WithCounters(this JobManifest record, JobSnapshot snapshot) =>
        record with
        {
            Failures = [.. snapshot.Failures.Select(f => new StoredFailure(f.Unit, f.Attempts, f.Type, f.Message, f.Silo, f.ForGood))],
            Leases = snapshot.Counters.Leases,
            Attempts = snapshot.Counters.Attempts,
            Wasted = snapshot.Counters.Wasted,
            Account = snapshot.Account == default ? null : StoredAccount.Of(snapshot.Account),
            Shares = [.. snapshot.Shares.Select(s => new StoredShare(s.Silo, s.Units, s.Leases, s.BusySeconds))],
        };

    /// <summary>Writes which units of a snapshot are committed into a record.</summary>
    public static JobManifest WithCommitted(this JobManifest record, JobSnapshot snapshot) =>
        record with
        {
            Committed = [.. snapshot.Committed.SelectMany(range => new[] { range.From, range.To })],
        };

    /// <summary>Reads the snapshot of a record; the partial of handle n is that of its n-th node.</summary>
    public static JobSnapshot ToSnapshot(this JobManifest record)
    {
        List<UnitRange> committed = [];
        for (int i = 0; i + 1 < record.Committed.Length; i += 2)
            committed.Add(new UnitRange(record.Committed[i], record.Committed[i + 1]));
        return new JobSnapshot(
            record.State == JobState.Paused ? JobPhase.Paused : JobPhase.Running,
            record.UnitCount,
            committed,
            [.. record.Failures.Select(f => new UnitFailureRecord(f.Unit, f.Attempts, f.Type, f.Message, f.Silo, f.ForGood))],
            [.. record.Nodes.Select((node, index) => (new TreeNode(node.Level, node.Index), index + 1L))],
            new JobCounters(record.Leases, record.Attempts, record.Wasted),
            [.. record.Shares.Select(s => new SiloShareRecord(s.Silo, s.Units, s.Leases, s.BusySeconds))]
        )
        {
            LeasedTo = record.LeasedTo,
            MayLeaseTo = record.MayLeaseTo,
            Suspects =
            [
                .. record.Suspects.Select(s => new SuspectRecord(new UnitRange(s.From, s.To), s.Deaths, s.Silo) { RanAlone = s.RanAlone }),
            ],
            VagueTo = record.VagueTo,
            Account = record.Account?.ToTotals() ?? default,
            Silos = record.Silos,
        };
    }

    /// <summary>Writes how far a coordinator that begins may go before it says how far it has gone.</summary>
    /// <param name="record">The record.</param>
    /// <param name="leaseUnits">How many units its first leases have.</param>
    public static JobManifest Begun(this JobManifest record, long leaseUnits)
    {
        JobSnapshot begun = record.ToSnapshot().Begun(leaseUnits);
        return record with { LeasedTo = begun.LeasedTo, MayLeaseTo = begun.MayLeaseTo };
    }

    /// <summary>Takes the deaths that happened since into a record, for whoever comes after the coordinator that wrote it.</summary>
    /// <param name="record">The record as stored.</param>
    /// <param name="isAlive">Says whether a silo lives.</param>
    public static JobManifest AfterDeaths(this JobManifest record, Func<string, bool> isAlive)
    {
        // Without its own death: when any silo dies, Orleans gives up activations on others whose place in the directory it kept.
        bool itDied = record.Coordinator is { } predecessor && !isAlive(predecessor);
        bool leasesDied = itDied || (record.Coordinator is not null && !record.Silos.All(isAlive));
        JobSnapshot before = record.ToSnapshot();
        JobSnapshot after = before.After(leasesDied, isAlive);
        return record.With(record.Steps().AfterDeaths(itDied, before.HasLeased && (leasesDied || before.HasSuspects))) with
        {
            Suspects = ToStored(after.Suspects),
            LeasedTo = after.LeasedTo,
            VagueTo = after.VagueTo,
        };
    }

    /// <summary>Reads what a record says of steps that end processes.</summary>
    public static StepRecord Steps(this JobManifest record) => new(ToStep(record.Step), record.StepDeaths, ToStep(record.FatalStep));

    /// <summary>Writes it.</summary>
    public static JobManifest With(this JobManifest record, StepRecord steps) =>
        record with
        {
            Step = steps.Entered?.ToString(),
            StepDeaths = steps.Deaths,
            FatalStep = steps.Fatal?.ToString(),
        };

    /// <summary>Notes that a step was left, and the process lives.</summary>
    public static JobManifest AfterStep(this JobManifest record) => record.With(record.Steps().Leave());

    /// <summary>Says whether partials of several units are stored, so that combining has ended well.</summary>
    public static bool HasCombined(this JobManifest record) => record.Nodes.Any(static node => node.Level > 0);

    private static KindStep? ToStep(string? stored) => Enum.TryParse(stored, out KindStep step) ? step : null;

    private static ImmutableArray<StoredSuspect> ToStored(IReadOnlyList<SuspectRecord> suspects) =>
        [.. suspects.Select(s => new StoredSuspect(s.Range.From, s.Range.To, s.Deaths, s.Silo) { RanAlone = s.RanAlone })];
}
