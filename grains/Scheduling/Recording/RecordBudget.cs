namespace OrleansWork.Scheduling.Recording;

/// <summary>The memory that the records of several jobs share. Safe for many threads.</summary>
/// <param name="bytes">How much it is.</param>
internal sealed class RecordBudget(long bytes)
{
    private long _used;

    /// <summary>Gets how much is in use.</summary>
    public long Used => Volatile.Read(ref _used);

    /// <summary>Takes memory.</summary>
    /// <param name="wanted">How much, in bytes.</param>
    /// <param name="isOwed">Whether it is given though nothing is left: each job has a few entries.</param>
    /// <returns>Whether it was there.</returns>
    public bool TryTake(long wanted, bool isOwed)
    {
        if (Interlocked.Add(ref _used, wanted) <= bytes || isOwed)
            return true;
        Interlocked.Add(ref _used, -wanted);
        return false;
    }

    /// <summary>Gives memory back.</summary>
    public void Return(long given) => Interlocked.Add(ref _used, -given);
}
