namespace OrleansWork.Scheduling.Recording;

/// <summary>How far a ring may grow.</summary>
/// <param name="Most">How many entries it may have; a power of two, at least <see cref="Least"/>.</param>
/// <param name="EntryBytes">What an entry takes.</param>
/// <param name="Budget">The memory that it shares with others, or null.</param>
internal sealed record RingLimits(int Most, int EntryBytes, RecordBudget? Budget)
{
    /// <summary>How many entries any ring may have, whatever others use.</summary>
    public const int Least = 64;

    /// <summary>Takes memory to grow from so many entries to so many.</summary>
    /// <returns>Whether there is some left.</returns>
    public bool TryGrow(int from, int to) => Budget is null || Budget.TryTake((long)(to - from) * EntryBytes, isOwed: to <= Least);

    /// <summary>Gives memory back.</summary>
    public void Return(int entries) => Budget?.Return((long)entries * EntryBytes);
}
