namespace OrleansWork.Scheduling.Reduction;

/// <summary>A sink that can also duplicate values: what a fold around holes needs, because the record of the tree must outlive it.</summary>
internal interface IFoldSink : IReductionSink
{
    /// <summary>Makes a second value, equal to the first and independent of it: consuming one leaves the other whole.</summary>
    void Copy(long handle, long copy);
}
