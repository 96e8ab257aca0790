using OrleansWork.Protocol;

namespace OrleansWork.Engine.Execution;

/// <summary>
/// Says which leases a silo refuses because of canaries: leases of units that were present when a process died. If this process ended, whatever
/// is present would be blamed. So canaries of different jobs do not meet, and a lone canary, the last before its unit is given up, meets nothing.
/// </summary>
/// <remarks>docs/decisions/0009-canaries.md. Guarded by the pool's lock.</remarks>
internal sealed class CanaryGate
{
    // Units that end their process do so soon as a rule: for hours nobody need wait, and what has run for long does it no harm.
    private const long SuspiciousMicros = 10_000_000;

    // Longer than a coordinator relies on it, from when it heard that the silo is clear: it stores and sends the canary in that time.
    private const long KeptClearMicros = 4_000_000;

    private JobSession? _clearFor;
    private long _clearUntilMicros;

    /// <summary>Says whether a lease is to be refused.</summary>
    /// <param name="lease">The lease that arrived.</param>
    /// <param name="session">Its job.</param>
    /// <param name="sessions">All jobs of the silo.</param>
    /// <param name="nowMicros">The present.</param>
    public bool Refuses(in Lease lease, JobSession session, IReadOnlyCollection<JobSession> sessions, long nowMicros) =>
        IsClearForAnother(session, nowMicros) || (lease.Canary && RefusesCanary(lease, session, sessions, nowMicros));

    /// <summary>Keeps the silo clear for a job's lone canaries: nothing of other jobs is taken, until a while after the last of them.</summary>
    /// <param name="session">The job.</param>
    /// <param name="sessions">All jobs of the silo.</param>
    /// <param name="nowMicros">The present.</param>
    /// <returns>Whether nothing of other jobs is left.</returns>
    public bool Clears(JobSession session, IReadOnlyCollection<JobSession> sessions, long nowMicros)
    {
        if (IsClearForAnother(session, nowMicros))
            return false;
        (_clearFor, _clearUntilMicros) = (session, nowMicros + KeptClearMicros);
        return !sessions.Any(other => other != session && HoldsRecent(other, static _ => true, nowMicros));
    }

    private bool IsClearForAnother(JobSession session, long nowMicros)
    {
        if (_clearFor is null || _clearFor == session)
            return false;
        bool isNeeded =
            !_clearFor.HasEnded && (nowMicros < _clearUntilMicros || HoldsRecent(_clearFor, static lease => lease.Alone, nowMicros));
        if (!isNeeded)
            _clearFor = null;
        return isNeeded;
    }

    private bool RefusesCanary(Lease lease, JobSession session, IReadOnlyCollection<JobSession> sessions, long nowMicros) =>
        lease.Alone
            ? !Clears(session, sessions, nowMicros)
            : sessions.Any(other => other != session && other.Canaries > 0 && HoldsRecent(other, static held => held.Canary, nowMicros));

    private static bool HoldsRecent(JobSession session, Func<Lease, bool> counts, long nowMicros)
    {
        for (LeaseWork? work = session.FirstHeld; work is not null; work = work.HeldNext)
        {
            if (counts(work.Lease) && work.State != LeaseState.Over && nowMicros - work.ArrivedMicros < SuspiciousMicros)
                return true;
        }

        return false;
    }
}
