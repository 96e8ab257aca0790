namespace OrleansWork.Scheduling.Recording;

/// <summary>A lease as the record keeps it; times are the machine's.</summary>
internal struct LeaseEntry
{
    /// <summary>Its number in the epoch of its coordinator.</summary>
    public long Number;

    /// <summary>That epoch.</summary>
    public int Epoch;

    /// <summary>Its first unit.</summary>
    public long From;

    /// <summary>The unit after its last.</summary>
    public long To;

    /// <summary>The unit after the last one that it completed.</summary>
    public long DoneTo;

    /// <summary>The number of the lease whose unit it runs a second time; 0 for all others.</summary>
    public long SecondOf;

    /// <summary>The machine's number of its silo; -1 while nobody knows.</summary>
    public int Silo;

    /// <summary>The slot it ran on, from 0; -1 while nobody knows, and where it ran on none.</summary>
    public int Slot;

    /// <summary>Which attempt at its first unit it is.</summary>
    public int Attempt;

    /// <summary>Why it was granted.</summary>
    public GrantReason Reason;

    /// <summary>How it ended.</summary>
    public LeaseEnd End;

    /// <summary>When it was granted.</summary>
    public TimeSpan Granted;

    /// <summary>When it came to its silo; as <see cref="Granted"/> while nobody knows.</summary>
    public TimeSpan Arrived;

    /// <summary>When it got its slot; <see cref="TimeSpan.MinValue"/> while nobody knows.</summary>
    public TimeSpan Started;

    /// <summary>When it left its slot; <see cref="TimeSpan.MinValue"/> before.</summary>
    public TimeSpan Ended;

    /// <summary>When its coordinator heard of that.</summary>
    public TimeSpan Heard;

    /// <summary>How long it might run.</summary>
    public TimeSpan Budget;

    /// <summary>How long it was expected to run, in seconds; NaN when nobody knew.</summary>
    public float PredictedSeconds;

    /// <summary>Its decision's number in the record; -1 when none was kept.</summary>
    public long Decision;
}
