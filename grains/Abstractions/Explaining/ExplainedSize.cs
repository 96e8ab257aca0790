namespace OrleansWork;

/// <summary>Why a lease has as many units as it has.</summary>
/// <param name="Units">How many.</param>
/// <param name="Bounds">What bounded them.</param>
/// <param name="Won">The name of the bound that decided.</param>
/// <param name="Why">The same as a sentence, with its numbers.</param>
public sealed record ExplainedSize(long Units, IReadOnlyList<LeaseSizeBound> Bounds, string Won, string Why);
