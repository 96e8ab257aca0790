using Orleans.Concurrency;
using OrleansWork.Scheduling.Recording;

namespace OrleansWork.Engine.Storage;

/// <summary>Where the time of a job's slots went, in ticks.</summary>
[GenerateSerializer, Immutable, Alias("ow.StoredAccount")]
internal sealed record StoredAccount(
    [property: Id(0)] long Slots,
    [property: Id(1)] long Compute,
    [property: Id(2)] long Queue,
    [property: Id(3)] long Transfer,
    [property: Id(4)] long Combine,
    [property: Id(5)] long OtherJobs,
    [property: Id(6)] long IdleNoWork,
    [property: Id(7)] long IdleWorkElsewhere,
    [property: Id(8)] long WastedRetry,
    [property: Id(9)] long WastedSpeculation
)
{
    /// <summary>Makes one of an account.</summary>
    public static StoredAccount Of(in AccountTotals totals) =>
        new(
            totals.Slots.Ticks,
            totals.Compute.Ticks,
            totals.Queue.Ticks,
            totals.Transfer.Ticks,
            totals.Combine.Ticks,
            totals.OtherJobs.Ticks,
            totals.IdleNoWork.Ticks,
            totals.IdleWorkElsewhere.Ticks,
            totals.WastedRetry.Ticks,
            totals.WastedSpeculation.Ticks
        );

    /// <summary>Makes an account of it.</summary>
    public AccountTotals ToTotals() =>
        new()
        {
            Slots = new TimeSpan(Slots),
            Compute = new TimeSpan(Compute),
            Queue = new TimeSpan(Queue),
            Transfer = new TimeSpan(Transfer),
            Combine = new TimeSpan(Combine),
            OtherJobs = new TimeSpan(OtherJobs),
            IdleNoWork = new TimeSpan(IdleNoWork),
            IdleWorkElsewhere = new TimeSpan(IdleWorkElsewhere),
            WastedRetry = new TimeSpan(WastedRetry),
            WastedSpeculation = new TimeSpan(WastedSpeculation),
        };
}
