using OrleansWork.Engine.Storage;
using OrleansWork.Protocol;
using OrleansWork.Scheduling.Coordination;
using OrleansWork.Scheduling.Recording;

namespace OrleansWork.Engine.Coordination;

/// <summary>The numbers of a job, live or stored.</summary>
internal sealed record JobSnapshotView(
    long UnitCount,
    long Done,
    long Wasted,
    long Leases,
    long Attempts,
    IReadOnlyList<UnitFailure> Failures,
    IReadOnlyList<SiloShare> Shares,
    AccountTotals Account
)
{
    private const int MostFailures = 1_000;

    public static JobSnapshotView Of(JobMachine machine, TimeSpan now) =>
        new(
            machine.UnitCount,
            machine.DoneUnits,
            machine.Counters.Wasted,
            machine.Counters.Leases,
            machine.Counters.Attempts,
            Listed(machine.Failures.Select(f => new UnitFailure(f.Unit, f.Attempts, f.Type, f.Message, f.Silo) { ForGood = f.ForGood })),
            [.. machine.Shares().Select(s => Share(s.Silo, s.Units, s.Leases, s.BusySeconds))],
            machine.AccountAt(now)
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
            Listed(manifest.Failures.Select(f => new UnitFailure(f.Unit, f.Attempts, f.Type, f.Message, f.Silo) { ForGood = f.ForGood })),
            [.. manifest.Shares.Select(s => Share(s.Silo, s.Units, s.Leases, s.BusySeconds))],
            manifest.Account?.ToTotals() ?? default
        );
    }

    private static IReadOnlyList<UnitFailure> Listed(IEnumerable<UnitFailure> failures) =>
        [.. failures.OrderBy(failure => failure.Unit).Take(MostFailures)];

    private static SiloShare Share(string silo, long units, long leases, double busySeconds) =>
        new(silo, units, leases, Math.Round(busySeconds, 6));
}
