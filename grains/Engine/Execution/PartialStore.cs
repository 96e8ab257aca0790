using OrleansWork.Protocol;

namespace OrleansWork.Engine.Execution;

/// <summary>The partials of one job at its coordinator, typed, under handles that the coordinator chooses. One caller at a time.</summary>
internal abstract class PartialStore
{
    /// <summary>Gets how many partials there are.</summary>
    public abstract int Count { get; }

    /// <summary>Keeps bytes under a handle; runs no user code.</summary>
    public abstract void Put(long handle, byte[] bytes);

    /// <summary>Combines two neighbours and keeps the result under a handle; both operands are gone. Runs user code.</summary>
    public abstract void Combine(long left, long right, long result);

    /// <summary>Forgets a partial; runs no user code.</summary>
    public abstract void Drop(long handle);

    /// <summary>Returns a partial's bytes; runs user code (the codec) unless they are still as they came.</summary>
    public abstract byte[] Encode(long handle);

    /// <summary>Gets what is known of the kind's Combine.</summary>
    public abstract CombineFinding Combining { get; }

    /// <summary>Combines three neighbours both ways, beside everything else. Runs user code.</summary>
    /// <returns>A sentence where the grouping changes what they come to, else null.</returns>
    public abstract string? FindGrouping(IReadOnlyList<(Scheduling.Ledger.UnitRange Units, byte[] Bytes)> neighbours);

    /// <summary>Makes the result from the partial of all units, or from none at all. Runs user code.</summary>
    public abstract ResultPayload Finish(long? handle);
}
