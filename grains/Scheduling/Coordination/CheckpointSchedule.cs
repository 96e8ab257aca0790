using OrleansWork.Scheduling.Failures;

namespace OrleansWork.Scheduling.Coordination;

/// <summary>
/// Says when the next snapshot of a run is stored: a while after something has changed, so that much goes into one write; at once when too much would be lost
/// with the coordinator, or somebody waits for it; and later and later while storage refuses it. One write at a time.
/// </summary>
/// <remarks>Pure, time handed in; not for two threads at once.</remarks>
/// <param name="delay">How long what has changed waits for more.</param>
/// <param name="maxUnsaved">How much busy time of slots may be unsaved before that is over.</param>
internal sealed class CheckpointSchedule(TimeSpan delay, TimeSpan maxUnsaved)
{
    private TimeSpan? _changedAt;
    private TimeSpan _notBefore = TimeSpan.MinValue;
    private double _unsavedSeconds;
    private long _storedReach;
    private int _failures;

    /// <summary>Gets whether a write is under way.</summary>
    public bool IsWriting { get; private set; }

    /// <summary>Notes that leases were granted: whoever comes after this coordinator should know up to where.</summary>
    /// <param name="to">The unit after the last that is leased.</param>
    /// <param name="now">Monotonic time.</param>
    public void Leased(long to, TimeSpan now)
    {
        if (to > _storedReach)
            _changedAt ??= now;
    }

    /// <summary>Notes that units were committed.</summary>
    /// <param name="busySeconds">The time they took, which would be lost with them.</param>
    /// <param name="now">Monotonic time.</param>
    public void Progressed(double busySeconds, TimeSpan now)
    {
        _changedAt ??= now;
        _unsavedSeconds += busySeconds;
    }

    /// <summary>Notes that something waits for the next snapshot to be stored.</summary>
    public void Wanted(TimeSpan now) => _changedAt = now - delay;

    /// <summary>Says when the next write is due; null while nothing has changed, or one is under way.</summary>
    /// <param name="isFull">Whether what waits to be stored is as much as may be kept.</param>
    public TimeSpan? DueAt(bool isFull)
    {
        if (IsWriting || _changedAt is not { } changed)
            return null;
        TimeSpan due = _unsavedSeconds < maxUnsaved.TotalSeconds && !isFull ? changed + delay : changed;
        return due > _notBefore ? due : _notBefore;
    }

    /// <summary>Begins a write if one is due; <see cref="Stored"/>, <see cref="Failed"/> or <see cref="GivenUp"/> ends it.</summary>
    /// <param name="now">Monotonic time.</param>
    /// <param name="isFull">Whether what waits to be stored is as much as may be kept.</param>
    /// <returns>Whether to write.</returns>
    public bool TryBegin(TimeSpan now, bool isFull)
    {
        if (!(DueAt(isFull) <= now))
            return false;
        _changedAt = null;
        _unsavedSeconds = 0;
        return IsWriting = true;
    }

    /// <summary>Ends a write: the snapshot is stored.</summary>
    public void Stored()
    {
        _failures = 0;
        IsWriting = false;
    }

    /// <summary>Ends a write that storage refused: it is tried again.</summary>
    public void Failed(TimeSpan now)
    {
        _changedAt ??= now;
        _notBefore = now + BackOff.OfStorage.After(_failures++);
        IsWriting = false;
    }

    /// <summary>Ends a write that will not be tried again.</summary>
    public void GivenUp() => IsWriting = false;

    /// <summary>Notes up to where a stored snapshot, whoever wrote it, says that units are leased.</summary>
    public void Reaches(long to) => _storedReach = to;
}
