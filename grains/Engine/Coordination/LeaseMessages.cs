using OrleansWork.Engine.Storage;
using OrleansWork.Protocol;
using OrleansWork.Scheduling.Coordination;
using OrleansWork.Scheduling.Ledger;
using OrleansWork.Scheduling.Reduction;

namespace OrleansWork.Engine.Coordination;

/// <summary>What a job's machine says and hears of leases, as the messages that carry it. Pure.</summary>
internal static class LeaseMessages
{
    /// <summary>Says a grant as silos hear it.</summary>
    public static Lease ToLease(GrantLease granted) =>
        new(granted.Number, granted.Range.From, granted.Range.To, (long)granted.Budget.TotalMicroseconds, granted.Attempt)
        {
            Canary = granted.Canary,
            Alone = granted.Alone,
            LeavesApart = granted.LeavesApart,
        };

    /// <summary>Says to a silo what to do with leases of a job.</summary>
    public static ControlRequest ToSignal(JobManifest job, LeaseSignal signal, IEnumerable<LeaseName> leases) =>
        new(job.JobId, job.Incarnation, job.Epoch, signal, [.. leases], JobEnded: false);

    /// <summary>Says to a silo that a job is over, and everything of it may go.</summary>
    public static ControlRequest ToRelease(JobManifest job) =>
        new(job.JobId, job.Incarnation, job.Epoch, LeaseSignal.Drop, [], JobEnded: true);

    /// <summary>Says what a silo holds as the machine hears it.</summary>
    public static HeldRange ToHeld(HeldLease lease) =>
        new(
            new LeaseName(lease.Epoch, lease.Number),
            new UnitRange(lease.From, lease.To),
            lease.Started,
            lease.At,
            TimeSpan.FromMicroseconds(lease.RunningMicros)
        )
        {
            Alone = lease.Alone,
            Slot = lease.Slot,
        };

    /// <summary>Says what became of a lease as the machine hears it; an outcome that this build does not know is that of a lease that did not run.</summary>
    /// <param name="report">The report.</param>
    /// <param name="silo">Who sent it.</param>
    /// <param name="nodes">Its partials under the machine's handles.</param>
    /// <param name="overhead">What the lease cost beside running and waiting; null when unknown.</param>
    /// <param name="share">How many leases of the job the silo admits at once; 0 when unsaid.</param>
    /// <param name="callTime">How long the call took that it answers; null when it answers none.</param>
    public static LeaseReported ToReported(
        LeaseReport report,
        string silo,
        IReadOnlyList<(TreeNode, long)> nodes,
        TimeSpan? overhead,
        int share,
        TimeSpan? callTime
    ) =>
        new(
            silo,
            new LeaseName(report.Epoch, report.Number),
            Enum.IsDefined(report.Outcome) ? report.Outcome : LeaseOutcome.Fenced,
            new UnitRange(report.From, report.DoneTo),
            nodes,
            report.Failure,
            TimeSpan.FromMicroseconds(report.BusyMicros),
            report.Outcome == LeaseOutcome.Done ? overhead : null,
            share
        )
        {
            Slot = report.Slot,
            Queued = TimeSpan.FromMicroseconds(report.QueueMicros),
            Ago = AgoOf(report, callTime),
        };

    /// <summary>Says how long ago a lease ended: as long as its report was held back, and the half of what the call took beside.</summary>
    private static TimeSpan AgoOf(LeaseReport report, TimeSpan? callTime)
    {
        TimeSpan held = TimeSpan.FromMicroseconds(report.HeldMicros);
        if (callTime is not { } took)
            return held;
        TimeSpan way = took - held - TimeSpan.FromMicroseconds(report.QueueMicros + report.BusyMicros);
        return way > TimeSpan.Zero ? held + (way / 2) : held;
    }
}
