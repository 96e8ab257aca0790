namespace OrleansWork.Scheduling.Failures;

/// <summary>The states of a <see cref="CircuitBreaker"/>.</summary>
internal enum CircuitState
{
    /// <summary>Leases flow.</summary>
    Closed,

    /// <summary>No lease is sent.</summary>
    Open,

    /// <summary>One lease may be sent, and decides.</summary>
    HalfOpen,
}
