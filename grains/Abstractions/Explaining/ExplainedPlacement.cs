namespace OrleansWork;

/// <summary>Why a lease went to its silo.</summary>
/// <param name="Policy">The policy.</param>
/// <param name="Rule">The clause of it that chose.</param>
/// <param name="Chosen">The silo; null where Orleans chose among several and nobody knows yet.</param>
/// <param name="Why">The same as a sentence, with its numbers.</param>
/// <param name="Candidates">What was believed of the silos, the chosen one first; at most eight.</param>
/// <param name="Silos">How many silos there were.</param>
public sealed record ExplainedPlacement(
    PlacementPolicy Policy,
    PlacementRule Rule,
    string? Chosen,
    string Why,
    IReadOnlyList<PlacementCandidate> Candidates,
    int Silos
);
