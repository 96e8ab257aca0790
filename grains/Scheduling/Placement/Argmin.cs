namespace OrleansWork.Scheduling.Placement;

/// <summary>Finds the index with the lowest cost in one pass; among equals each is as likely (reservoir sampling).</summary>
internal struct Argmin(Random random)
{
    private double _cost = double.PositiveInfinity;
    private double _second = double.PositiveInfinity;
    private int _ties;

    /// <summary>Gets the index with the lowest cost so far; -1 before the first.</summary>
    public int Index { get; private set; } = -1;

    /// <summary>Considers an index; <paramref name="second"/> decides among equal costs before chance does.</summary>
    public void Offer(int index, double cost, double second = 0)
    {
        if (Index < 0 || cost < _cost || (cost.Equals(_cost) && second < _second))
        {
            (Index, _cost, _second, _ties) = (index, cost, second, 1);
        }
        else if (cost.Equals(_cost) && second.Equals(_second))
        {
            _ties++;
            if (random.Next(_ties) == 0)
                Index = index;
        }
    }
}
