using OrleansWork.Console.Output;

namespace OrleansWork.Console.Top;

/// <summary>The columns of the screen.</summary>
internal static class TopColumns
{
    /// <summary>Gets those of silos.</summary>
    public static IReadOnlyList<TopColumn<SiloStatus>> Silos { get; } =
    [
        new("silo", 15, silo => Place(silo.Silo), silo => silo.Silo) { IsRight = false, Yields = true },
        new("state", 8, silo => silo.State, silo => silo.State) { IsRight = false },
        new("slots", 5, silo => Numbers.Count(silo.Slots), silo => silo.Slots),
        new("run", 4, silo => Numbers.Count(silo.Running), silo => silo.Running),
        new("queued", 6, silo => Numbers.Count(silo.Queued), silo => silo.Queued),
        new("speed", 8, silo => Numbers.Rate(silo.UnitsPerSecond), silo => silo.UnitsPerSecond),
        new("errors", 6, silo => Numbers.Percent(silo.ErrorRate), silo => silo.ErrorRate),
        new("cpu", 6, silo => Numbers.Percent(silo.Cpu), silo => silo.Cpu),
        new("memory", 9, silo => Numbers.Bytes(silo.MemoryBytes), silo => silo.MemoryBytes),
    ];

    /// <summary>Gets those of jobs.</summary>
    public static IReadOnlyList<TopColumn<TopJob>> Jobs { get; } =
    [
        new("job", 8, job => job.Summary.Id, job => job.Summary.Id) { IsRight = false, Yields = true },
        new("kind", 8, job => job.Summary.Kind, job => job.Summary.Kind) { IsRight = false, Yields = true },
        new("state", 8, job => Tables.Name(job.Summary.State), job => Tables.Name(job.Summary.State)) { IsRight = false },
        new("units", 6, job => job.Summary.Units.Total is { } total ? Numbers.Count(total) : "", job => job.Summary.Units.Total),
        new("done", 6, job => Share(job.Summary) is { } share ? Numbers.Percent(share) : "", job => Share(job.Summary)),
        new("rate", 8, job => job.UnitsPerSecond is { } rate ? Numbers.Rate(rate) : "", job => job.UnitsPerSecond),
        new("left", 9, job => Left(job.Summary), job => job.Summary.EtaSeconds?.High),
    ];

    /// <summary>Returns the words by which a silo is found.</summary>
    public static IEnumerable<string> WordsOf(SiloStatus silo) =>
        [silo.Silo, silo.State, .. silo.Labels.Select(label => label.Value.Length == 0 ? label.Key : $"{label.Key}={label.Value}")];

    /// <summary>Returns the words by which a job is found.</summary>
    public static IEnumerable<string> WordsOf(TopJob job) => [job.Summary.Id, job.Summary.Kind, Tables.Name(job.Summary.State)];

    // The generation tells one start of a silo from the next, of which only one is there.
    private static string Place(string silo) => silo.Split('@')[0];

    private static double? Share(JobSummary job) =>
        job.Units.Total is > 0 and { } total ? Math.Clamp((double)job.Units.Done / total, 0, 1) : null;

    private static string Left(JobSummary job) =>
        job.EtaSeconds is not { } eta ? ""
        : eta.Low == eta.High ? Numbers.Seconds(eta.High)
        : $"< {Numbers.Seconds(eta.High)}";
}
