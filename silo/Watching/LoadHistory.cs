namespace OrleansWork.Silo.Watching;

/// <summary>How busy a cluster was, a sample each <paramref name="StepSeconds"/>, oldest first.</summary>
/// <param name="To">When the newest was taken.</param>
/// <param name="StepSeconds">The time between two.</param>
/// <param name="UnitsPerSecond">The speed of all silos together.</param>
/// <param name="SlotsBusy">How many slots computed.</param>
/// <param name="Slots">How many there were on active silos.</param>
internal sealed record LoadHistory(
    DateTimeOffset To,
    int StepSeconds,
    IReadOnlyList<double> UnitsPerSecond,
    IReadOnlyList<int> SlotsBusy,
    IReadOnlyList<int> Slots
);
