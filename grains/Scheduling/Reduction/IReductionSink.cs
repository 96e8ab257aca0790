namespace OrleansWork.Scheduling.Reduction;

/// <summary>Carries out what a <see cref="ReductionTree"/> decides about values it knows only by handle.</summary>
internal interface IReductionSink
{
    /// <summary>Combines two values into one. Both operands are consumed: the tree never names them again.</summary>
    /// <param name="left">The value of the lower units.</param>
    /// <param name="right">The value of the units that follow in the tree.</param>
    /// <param name="result">The handle by which the combined value is known from now on, also while it is still being made.</param>
    void Combine(long left, long right, long result);

    /// <summary>Forgets a value that is not needed any more.</summary>
    void Drop(long handle);
}
