namespace OrleansWork.Scheduling.Recording;

/// <summary>Why a unit waits.</summary>
/// <param name="Code">The cause.</param>
/// <param name="Until">Until when at least, in the machine's time; null when that is not known.</param>
internal readonly record struct UnitWait(WaitCode Code, TimeSpan? Until = null)
{
    /// <summary>Gets where it failed last, when it is tried elsewhere; or null.</summary>
    public string? Avoids { get; init; }

    /// <summary>Gets which attempt it waits for; 0 when that is its first.</summary>
    public int Attempt { get; init; }
}
