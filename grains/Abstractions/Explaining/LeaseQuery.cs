namespace OrleansWork;

/// <summary>Which leases of a job are asked for: those that ran in a time, or what has changed since.</summary>
/// <param name="From">Only those that ended then or later, or run; null for no bound.</param>
/// <param name="To">Only those that were granted before; null for no bound.</param>
/// <param name="Limit">How many at most, 1 to 10,000.</param>
/// <param name="Cursor">What the last answer said, or null.</param>
/// <param name="Follow">Whether to get what has ended since the cursor, and what runs now; without a cursor, what runs now.</param>
/// <param name="Others">Whether to get leases of other jobs on the same slots with the first page, too: the newest 3,000 of each of at most eight jobs.</param>
public sealed record LeaseQuery(
    DateTimeOffset? From = null,
    DateTimeOffset? To = null,
    int Limit = 5_000,
    string? Cursor = null,
    bool Follow = false,
    bool Others = false
);
