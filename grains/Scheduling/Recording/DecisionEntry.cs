using System.Runtime.CompilerServices;
using OrleansWork.Scheduling.Placement;
using OrleansWork.Scheduling.Sizing;

namespace OrleansWork.Scheduling.Recording;

/// <summary>Why a lease went to its silo, and why it had its size.</summary>
internal struct DecisionEntry
{
    /// <summary>How many silos are kept of each decision.</summary>
    public const int MostCandidates = 8;

    /// <summary>The lease's number.</summary>
    public long Number;

    /// <summary>The policy.</summary>
    public PolicyKind Policy;

    /// <summary>The clause that chose.</summary>
    public ChoiceRule Rule;

    /// <summary>How many silos are kept.</summary>
    public byte Count;

    /// <summary>How many there were.</summary>
    public int Silos;

    /// <summary>The bounds of its size.</summary>
    public SizeBounds Size;

    /// <summary>What was known of the silos, the chosen one first.</summary>
    public Candidates Of;

    /// <summary>Room for the silos of a decision.</summary>
    [InlineArray(MostCandidates)]
    public struct Candidates
    {
        private CandidateEntry _first;
    }
}
