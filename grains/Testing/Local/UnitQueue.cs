using OrleansWork.Scheduling.Ledger;

namespace OrleansWork.Testing;

/// <summary>The units of a job in ranges of one size, handed out in order to any number of threads.</summary>
internal sealed class UnitQueue(long unitCount, long chunk)
{
    private long _next;

    public long UnitCount => unitCount;

    public bool TryTake(out UnitRange range)
    {
        long from;
        do
        {
            from = Interlocked.Read(ref _next);
            range = new(from, chunk >= unitCount - from ? unitCount : from + chunk);
        } while (!range.IsEmpty && Interlocked.CompareExchange(ref _next, range.To, from) != from);

        return !range.IsEmpty;
    }
}
