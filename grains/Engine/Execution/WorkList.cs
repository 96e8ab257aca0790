using OrleansWork.Protocol;
using OrleansWork.Scheduling.Coordination;

namespace OrleansWork.Engine.Execution;

/// <summary>Leases in order of arrival, linked through themselves: a lease is in one list at a time.</summary>
internal sealed class WorkList
{
    public LeaseWork? First { get; private set; }
    public int Count { get; private set; }
    private LeaseWork? _last;

    public void Add(LeaseWork work)
    {
        work.List = this;
        work.Previous = _last;
        work.Next = null;
        if (_last is null)
            First = work;
        else
            _last.Next = work;
        _last = work;
        Count++;
    }

    public void Remove(LeaseWork work)
    {
        if (work.List != this)
            return;
        if (work.Previous is null)
            First = work.Next;
        else
            work.Previous.Next = work.Next;
        if (work.Next is null)
            _last = work.Previous;
        else
            work.Next.Previous = work.Previous;
        (work.List, work.Previous, work.Next) = (null, null, null);
        Count--;
    }
}
