namespace OrleansWork.Console.Output;

/// <summary>Two jobs side by side.</summary>
/// <param name="A">One.</param>
/// <param name="B">The other.</param>
/// <param name="SameInput">Whether kind, version and input are the same; null when that is not known.</param>
/// <param name="SameResult">Whether the results have the same bits; null when that is not known.</param>
/// <param name="Measures">What is measured of both.</param>
internal sealed record JobComparison(JobDetails A, JobDetails B, bool? SameInput, bool? SameResult, IReadOnlyList<ComparedMeasure> Measures)
{
    /// <summary>Compares two jobs.</summary>
    public static JobComparison Of(JobDetails a, JobDetails b)
    {
        return new JobComparison(
            a,
            b,
            Same(a.InputHash, b.InputHash) is { } same ? same && a.Kind == b.Kind && a.Version == b.Version : null,
            Same(a.ResultHash, b.ResultHash),
            [
                Measure("makespanSeconds", Makespan, lessIsBetter: true),
                Measure("overLowerBound", static job => Makespan(job) / job.LowerBoundSeconds, lessIsBetter: true),
                Measure("slotsBusy", static job => Share(job, static account => account.Compute), lessIsBetter: false),
                Measure("balance", static job => job.Balance, lessIsBetter: true),
                Measure("leaseSecondsP50", static job => job.LeaseSeconds?.P50),
                Measure("leaseSecondsP90", static job => job.LeaseSeconds?.P90),
                Measure("leaseSecondsP99", static job => job.LeaseSeconds?.P99),
                Measure("leases", static job => job.Leases),
                Measure(
                    "wasted",
                    static job => Share(job, static account => account.WastedRetry + account.WastedSpeculation),
                    lessIsBetter: true
                ),
                Measure("lastRoundSeconds", static job => job.LastRoundSeconds, lessIsBetter: true),
            ]
        );

        ComparedMeasure Measure(string name, Func<JobDetails, double?> read, bool? lessIsBetter = null) =>
            Of(name, read(a), read(b), lessIsBetter);
    }

    /// <summary>Gets how long each ran, from its first lease to its end, in seconds; null before its end.</summary>
    public static double? Makespan(JobDetails job) => (job.FinishedAt - job.StartedAt)?.TotalSeconds;

    private static double? Share(JobDetails job, Func<JobAccounting, double> part) =>
        job.Accounting is { SlotSeconds: > 0 } account ? part(account) / account.SlotSeconds : null;

    private static bool? Same(string? a, string? b) => a is null || b is null ? null : string.Equals(a, b, StringComparison.Ordinal);

    private static ComparedMeasure Of(string name, double? a, double? b, bool? lessIsBetter) =>
        new(
            name,
            a,
            b,
            lessIsBetter is not { } isLess || a is null || b is null || a == b ? null
                : (a < b) == isLess ? "a"
                : "b"
        );
}

/// <summary>A measure of two jobs.</summary>
/// <param name="Name">Which: as <see cref="JobDetails"/> names it, with its unit; what has none is a share or a ratio.</param>
/// <param name="A">That of the first; null when it is not known.</param>
/// <param name="B">That of the second.</param>
/// <param name="Better"><c>a</c> or <c>b</c>; null where they are equal, none is better, or one is not known.</param>
internal sealed record ComparedMeasure(string Name, double? A, double? B, string? Better);
