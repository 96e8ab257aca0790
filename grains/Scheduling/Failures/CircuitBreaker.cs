namespace OrleansWork.Scheduling.Failures;

/// <summary>
/// Stops one coordinator from sending leases to one silo that does not answer: a broken link between two silos that both reach the
/// others is never healed by membership.
/// </summary>
internal sealed class CircuitBreaker
{
    /// <summary>How many leases in a row must be overdue to open it.</summary>
    public const int OverdueToOpen = 3;

    /// <summary>How long it stays open before one lease may try.</summary>
    public static readonly TimeSpan OpenFor = TimeSpan.FromSeconds(10);

    private int _overdue;
    private TimeSpan? _opened;
    private int _trial;
    private int _trials;

    /// <summary>Returns its state at a time.</summary>
    public CircuitState StateAt(TimeSpan now)
    {
        if (_opened is not { } opened)
            return CircuitState.Closed;
        return now - opened >= OpenFor ? CircuitState.HalfOpen : CircuitState.Open;
    }

    /// <summary>Returns whether a lease may be sent.</summary>
    public bool Allows(TimeSpan now) =>
        StateAt(now) switch
        {
            CircuitState.Closed => true,
            CircuitState.HalfOpen => _trial == 0,
            _ => false,
        };

    /// <summary>Notes that a lease was sent.</summary>
    /// <returns>The number of the trial when it is the lease that decides, as in the half-open state; 0 when it is any other.</returns>
    public int Sent(TimeSpan now) => StateAt(now) == CircuitState.HalfOpen ? _trial = ++_trials : 0;

    /// <summary>Notes that a lease was answered, whatever the answer: the silo can be reached.</summary>
    public void Answered() => (_overdue, _opened, _trial) = (0, null, 0);

    /// <summary>Notes that a lease that was to decide is gone: unless it has decided, another may be sent.</summary>
    /// <param name="trial">What <see cref="Sent"/> returned for it.</param>
    public void Unsettled(int trial)
    {
        if (_trial == trial)
            _trial = 0;
    }

    /// <summary>Has one lease try now, where it would have been let in later.</summary>
    public void Probe(TimeSpan now)
    {
        if (StateAt(now) == CircuitState.Open)
            _opened = now - OpenFor;
    }

    /// <summary>Notes that a lease is overdue.</summary>
    public void Overdue(TimeSpan now)
    {
        _overdue++;
        bool trialFailed = _trial != 0 && StateAt(now) == CircuitState.HalfOpen;
        if (trialFailed || (_opened is null && _overdue >= OverdueToOpen))
            (_opened, _trial) = (now, 0);
    }
}
