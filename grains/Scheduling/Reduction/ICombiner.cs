namespace OrleansWork.Scheduling.Reduction;

/// <summary>Makes one value of two neighbours.</summary>
internal interface ICombiner<TValue>
{
    /// <summary>Combines <paramref name="left"/> with its right neighbour.</summary>
    TValue Combine(TValue left, TValue right);
}
