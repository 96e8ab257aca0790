using System.Text.Json;
using CsCheck;
using OrleansWork.Engine.Coordination;
using OrleansWork.Engine.Storage;
using OrleansWork.Scheduling.Coordination;
using OrleansWork.Scheduling.Ledger;
using OrleansWork.Scheduling.Recording;
using OrleansWork.Scheduling.Reduction;
using Xunit;

namespace OrleansWork.Engine.Tests.Storage;

public sealed class StoredProgressTests
{
    private static readonly Gen<string?> MaybeSilo = Gen.Int[0, 3].Select(silo => silo == 0 ? null : $"S{silo}");

    private static readonly Gen<UnitRange> Range = Gen.Select(Gen.Long[0, 1L << 40], Gen.Long[1, 1L << 40])
        .Select((from, count) => new UnitRange(from, from + count));

    private static readonly Gen<UnitFailureRecord> Failure = Gen.Select(
        Gen.Long[0, long.MaxValue],
        Gen.Int[1, 9],
        Gen.String,
        Gen.String,
        MaybeSilo,
        Gen.Bool,
        (unit, attempts, type, message, silo, forGood) => new UnitFailureRecord(unit, attempts, type, message, silo, forGood)
    );

    private static readonly Gen<SuspectRecord> Suspect = Gen.Select(
        Range,
        Gen.Int[0, 3],
        MaybeSilo,
        Gen.Bool,
        (range, deaths, silo, alone) => new SuspectRecord(range, deaths, silo) { RanAlone = alone }
    );

    private static readonly Gen<SiloShareRecord> Share = Gen.Select(
        Gen.OneOf(Gen.Const("S1"), Gen.Const("S2"), Gen.Const("S3")),
        Gen.Long[0, long.MaxValue],
        Gen.Long[0, long.MaxValue],
        Gen.Double[0, 1e9],
        (silo, units, leases, busy) => new SiloShareRecord(silo, units, leases, busy)
    );

    private static readonly Gen<JobSnapshot> Snapshot =
        from phase in Gen.OneOf(Gen.Const(JobPhase.Running), Gen.Const(JobPhase.Paused))
        from units in Gen.Long[-1, TreeNode.MaxUnits]
        from committed in Range.Array[0, 5]
        from failures in Failure.Array[0, 4]
        from nodes in Gen.Select(Gen.Int[0, 62], Gen.Long[0, 1L << 40]).Array[0, 6]
        from counters in Gen.Select(Gen.Long, Gen.Long, Gen.Long)
        from shares in Share.Array[0, 4]
        from suspects in Suspect.Array[0, 4]
        from silos in Gen.OneOf(Gen.Const("S1"), Gen.Const("S2"), Gen.Const("S3")).Array[0, 3]
        from reach in Gen.Select(Gen.Long, Gen.Long, Gen.Long[0, 1L << 50])
        from times in Gen.Long[0, 1L << 40].Array[10]
        select new JobSnapshot(
            phase,
            units,
            committed,
            failures,
            [.. nodes.Select((node, index) => (new TreeNode(node.Item1, node.Item2), index + 1L))],
            new JobCounters(counters.Item1, counters.Item2, counters.Item3),
            shares
        )
        {
            Suspects = suspects,
            LeasedTo = reach.Item1,
            MayLeaseTo = reach.Item3,
            VagueTo = reach.Item2,
            Silos = silos,
            Account = new AccountTotals
            {
                Slots = new TimeSpan(times[0]),
                Compute = new TimeSpan(times[1]),
                Queue = new TimeSpan(times[2]),
                Transfer = new TimeSpan(times[3]),
                Combine = new TimeSpan(times[4]),
                OtherJobs = new TimeSpan(times[5]),
                IdleNoWork = new TimeSpan(times[6]),
                IdleWorkElsewhere = new TimeSpan(times[7]),
                WastedRetry = new TimeSpan(times[8]),
                WastedSpeculation = new TimeSpan(times[9]),
            },
        };

    [Fact]
    public void AnySnapshot_WrittenAndReadBack_IsTheSame() =>
        Snapshot.Sample(
            snapshot =>
            {
                JobManifest record = Empty() with { State = snapshot.Phase == JobPhase.Paused ? JobState.Paused : JobState.Running };
                Assert.Equal(Text(snapshot), Text(record.WithProgress(snapshot, _ => StoredPayload.OfInline([])).ToSnapshot()));
            },
            iter: 2_000
        );

    [Fact]
    public void AnySnapshot_ReadAndWrittenAgain_LeavesTheRecordAsItWas() =>
        Snapshot.Sample(
            snapshot =>
            {
                JobManifest record = Empty().WithProgress(snapshot, handle => StoredPayload.OfInline([(byte)handle]));
                JobManifest again = record.WithProgress(record.ToSnapshot(), handle => record.Nodes[(int)handle - 1].Partial);
                Assert.Equal(JsonSerializer.Serialize(record), JsonSerializer.Serialize(again));
            },
            iter: 500
        );

    [Fact]
    public void AnySnapshot_AfterDeaths_IsWhatTheSnapshotSaysOfThem() =>
        Gen.Select(Snapshot, Gen.Int[0, 7], Gen.Int[0, 2].Select(silo => silo == 0 ? null : $"S{silo}"))
            .Sample(
                (snapshot, alive, coordinator) =>
                {
                    bool IsAlive(string silo) => (alive & (1 << (silo[1] - '1'))) != 0;
                    JobManifest record = Empty().WithProgress(snapshot, _ => StoredPayload.OfInline([])) with
                    {
                        Coordinator = coordinator,
                        Silos = ["S1", "S2", "S3"],
                    };
                    JobSnapshot expected = record.ToSnapshot().After(leasesDied: coordinator is not null && alive != 7, IsAlive);
                    Assert.Equal(Text(expected), Text(record.AfterDeaths(IsAlive).ToSnapshot()));
                },
                iter: 500
            );

    /// <summary>Partials come and go; each write ends well, or fails after its pages may have been written.</summary>
    [Fact]
    public void AnyHistoryOfWrites_EveryPartialReadsBackAsItWas() =>
        Gen.Select(Gen.Int[0, 4].Array[0, 6], Gen.Bool)
            .Array[1, 12]
            .Sample(
                history =>
                {
                    StoredPartials partials = new();
                    Dictionary<PageKey, byte[]> pages = [];
                    JobManifest record = Empty();
                    long page = 0;
                    foreach ((int[] held, bool isStored) in history)
                    {
                        long[] handles = [.. held.Distinct().Select(handle => handle + 1L)];
                        JobSnapshot snapshot = new(
                            JobPhase.Running,
                            100,
                            [],
                            [],
                            [.. handles.Select(handle => (new TreeNode(0, handle), handle))],
                            default,
                            []
                        );
                        Dictionary<long, byte[]> encoded = partials.ToWrite(snapshot).ToDictionary(handle => handle, Bytes);
                        PayloadWriter writer = new(1, page);
                        JobManifest written = record.WithProgress(snapshot, handle => partials.Place(handle, encoded, writer));
                        writer.Close();
                        page = writer.NextPage;
                        if (!isStored)
                            continue;
                        foreach ((PageKey key, byte[] content) in writer.Pages)
                            pages.Add(key, content);
                        partials.Remember(snapshot, written);
                        record = written;
                        for (int i = 0; i < handles.Length; i++)
                            Assert.Equal(Bytes(handles[i]), Read(record.Nodes[i].Partial, pages));
                    }
                },
                iter: 300
            );

    // Small ones lie in the record, larger ones in pages.
    private static byte[] Bytes(long handle) =>
        [.. Enumerable.Repeat((byte)handle, handle % 2 == 0 ? 10 : PayloadWriter.MaxInlineBytes + (int)handle)];

    private static byte[] Read(StoredPayload payload, Dictionary<PageKey, byte[]> pages) =>
        payload.Inline ?? [.. payload.Pieces.SelectMany(piece => pages[piece.Page].Skip(piece.Offset).Take(piece.Length))];

    private static JobManifest Empty() =>
        new()
        {
            JobId = "job",
            Kind = "kind",
            Input = StoredPayload.OfInline([]),
            OptionsJson = [],
        };

    private static string Text(JobSnapshot snapshot) =>
        JsonSerializer.Serialize(
            new
            {
                snapshot.Phase,
                snapshot.UnitCount,
                snapshot.Committed,
                snapshot.Failures,
                Nodes = snapshot.Nodes.Select(node => $"{node.Node} {node.Handle}"),
                snapshot.Counters,
                snapshot.Shares,
                snapshot.Suspects,
                snapshot.LeasedTo,
                snapshot.MayLeaseTo,
                snapshot.VagueTo,
            }
        );
}
