namespace OrleansWork.Scheduling.Fairness;

/// <summary>Serves jobs in turn so that each gets slot time in proportion to its weight; first in, first out within a job.</summary>
/// <remarks>
/// Deficit round robin (Shreedhar and Varghese, SIGCOMM 1995, doi:10.1145/217382.217453) in units of time instead of bytes. How long a
/// lease will last is not known when it is served, so the job is charged its recent mean and the difference is settled afterwards; a job
/// is served as long as its deficit counter is above zero. A job that is served alone makes no debt: nobody was kept waiting.
/// Not for two threads at once.
/// </remarks>
/// <typeparam name="TItem">What is queued.</typeparam>
internal sealed class FairQueue<TItem>
{
    private readonly long _quantumMicros;
    private readonly Queue<Flow> _turn = new();

    /// <summary>Makes an empty queue.</summary>
    /// <param name="quantumMicros">The time that one turn gives to a job of weight 1.</param>
    public FairQueue(long quantumMicros = 10_000)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(quantumMicros, 1);
        _quantumMicros = quantumMicros;
    }

    /// <summary>Gets how many items are queued.</summary>
    public int Count { get; private set; }

    /// <summary>Gets how many jobs are in the round.</summary>
    public int ActiveFlows => _turn.Count;

    /// <summary>Adds an item at the end of its job's queue.</summary>
    public void Enqueue(Flow flow, TItem item)
    {
        flow.Items.Enqueue(item);
        Count++;
        if (flow.InTurn)
            return;
        flow.InTurn = true;
        flow.DeficitMicros = Math.Min(flow.DeficitMicros, 0) + Quantum(flow);
        _turn.Enqueue(flow);
    }

    /// <summary>Takes the next item and charges its job the expected time.</summary>
    /// <returns>Whether there was one; then <see cref="Settle"/> should follow once its time is known.</returns>
    public bool TryDequeue(out Flow flow, out TItem item, out long chargedMicros)
    {
        int passed = 0;
        while (_turn.TryPeek(out Flow? head))
        {
            if (head.Items.Count == 0)
            {
                _turn.Dequeue();
                head.InTurn = false;
                continue;
            }

            bool alone = _turn.Count == 1;
            if (alone || head.DeficitMicros > 0)
            {
                flow = head;
                item = head.Items.Dequeue();
                Count--;
                chargedMicros = head.MeanMicros;
                head.DeficitMicros = alone
                    ? Math.Max(0, head.DeficitMicros - chargedMicros)
                    : Bounded(head, head.DeficitMicros - chargedMicros);
                return true;
            }

            if (passed++ >= _turn.Count)
            {
                SkipRounds();
                passed = 0;
                continue;
            }

            _turn.Dequeue();
            head.DeficitMicros += Quantum(head);
            _turn.Enqueue(head);
        }

        (flow, item, chargedMicros) = (null!, default!, 0);
        return false;
    }

    /// <summary>Corrects what a job was charged by the time that its item took.</summary>
    public void Settle(Flow flow, long chargedMicros, long actualMicros)
    {
        flow.MeanMicros = Math.Max(1, flow.MeanMicros + (actualMicros - flow.MeanMicros) / 4);
        if (_turn.Count > 1 || (_turn.Count == 1 && !flow.InTurn))
            flow.DeficitMicros = Bounded(flow, flow.DeficitMicros + chargedMicros - actualMicros);
    }

    private long Quantum(Flow flow) => _quantumMicros * flow.Weight;

    private long Bounded(Flow flow, long deficitMicros)
    {
        // One long unit must not lock its job out for as long again.
        long most = 100 * Quantum(flow);
        return Math.Clamp(deficitMicros, -most, most);
    }

    /// <summary>Gives every job as many turns at once as the first of them needs: the same as going round, without the rounds.</summary>
    private void SkipRounds()
    {
        long rounds = long.MaxValue;
        foreach (Flow flow in _turn)
        {
            if (flow.Items.Count > 0)
                rounds = Math.Min(rounds, Math.Max(0, -flow.DeficitMicros / Quantum(flow)));
        }

        foreach (Flow flow in _turn)
            flow.DeficitMicros += rounds * Quantum(flow);
    }

    /// <summary>One job's items.</summary>
    public sealed class Flow
    {
        private int _weight = 1;

        /// <summary>Gets or sets the job's weight against others; at least 1.</summary>
        public int Weight
        {
            get => _weight;
            set => _weight = Math.Max(1, value);
        }

        /// <summary>Gets the recent mean time of its items, in microseconds.</summary>
        public long MeanMicros { get; internal set; } = 1_000;

        /// <summary>Gets how many items it has queued.</summary>
        public int Count => Items.Count;

        internal Queue<TItem> Items { get; } = new();
        internal long DeficitMicros { get; set; }
        internal bool InTurn { get; set; }
    }
}
