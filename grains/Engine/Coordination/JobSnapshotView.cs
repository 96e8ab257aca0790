using OrleansWork.Engine.Storage;
using OrleansWork.Protocol;
using OrleansWork.Scheduling.Coordination;

namespace OrleansWork.Engine.Coordination;

/// <summary>The numbers of a job, live or stored.</summary>
internal sealed record JobSnapshotView(
    long UnitCount,
    long Done,
    long Wasted,
    long Leases,
    long Attempts,
    IReadOnlyList<UnitFailure> Failures,
    IReadOnlyList<SiloShare> Shares
)
{
    public static JobSnapshotView Of(JobMachine machine) =>
        new(
            machine.UnitCount,
            machine.DoneUnits,
            machine.Counters.Wasted,
            machine.Counters.Leases,
            machine.Counters.Attempts,
            [
                .. machine
                    .Failures.OrderBy(f => f.Unit)
                    .Take(1000)
                    .Select(f => new UnitFailure(f.Unit, f.Attempts, f.Type, f.Message, f.Silo) { ForGood = f.ForGood }),
            ],
            [.. machine.Shares().Select(s => new SiloShare(s.Silo, s.Units, s.Leases, Math.Round(s.BusySeconds, 6)))]
        );

    public static JobSnapshotView Of(JobManifest manifest)
    {
        long done = 0;
        for (int i = 0; i + 1 < manifest.Committed.Length; i += 2)
            done += manifest.Committed[i + 1] - manifest.Committed[i];
        return new(
            manifest.UnitCount,
            done,
            manifest.Wasted,
            manifest.Leases,
            manifest.Attempts,
            [
                .. manifest
                    .Failures.OrderBy(f => f.Unit)
                    .Take(1000)
                    .Select(f => new UnitFailure(f.Unit, f.Attempts, f.Type, f.Message, f.Silo) { ForGood = f.ForGood }),
            ],
            [.. manifest.Shares.Select(s => new SiloShare(s.Silo, s.Units, s.Leases, Math.Round(s.BusySeconds, 6)))]
        );
    }
}
