namespace OrleansWork.Scheduling.Recording;

/// <summary>A lease that has left its slot, for the <see cref="TimeAccount"/> and the rest of the record.</summary>
internal readonly record struct SlotUse
{
    /// <summary>Gets the machine's number of the silo.</summary>
    public int Silo { get; init; }

    /// <summary>Gets the slot, from 0; negative when nobody knows, and then it is the one that was idle for longest.</summary>
    public int Slot { get; init; }

    /// <summary>Gets when it was sent.</summary>
    public TimeSpan Sent { get; init; }

    /// <summary>Gets when it came to the silo.</summary>
    public TimeSpan Arrived { get; init; }

    /// <summary>Gets when it got the slot.</summary>
    public TimeSpan Started { get; init; }

    /// <summary>Gets when it left it.</summary>
    public TimeSpan Ended { get; init; }

    /// <summary>Gets for how long work had waited, all in all, when it was sent: <see cref="TimeAccount.WaitedAt"/>.</summary>
    public TimeSpan WaitedWhenSent { get; init; }

    /// <summary>Gets which part of its time went to units that count, 0 to 1.</summary>
    public double CountedPart { get; init; }

    /// <summary>Gets why it was granted.</summary>
    public GrantReason Reason { get; init; }

    /// <summary>Gets whether the rest was lost to a second attempt, and not to a retry.</summary>
    public bool IsSpeculation { get; init; }
}
