namespace OrleansWork.Http;

/// <summary>What a silo's HTTP API and its clients agree on beside the documents.</summary>
internal static class HttpApi
{
    /// <summary>The most bytes of a request's body.</summary>
    public const int MaxBodyBytes = 8 << 20;

    /// <summary>The header that says, beside results of units, where to go on.</summary>
    public const string NextCursor = "Orleanswork-Next-Cursor";

    /// <summary>The header that says, beside results of units, whether the job has ended and nothing follows.</summary>
    public const string End = "Orleanswork-End";

    /// <summary>The header that says, beside results of units, whether more are ready.</summary>
    public const string Full = "Orleanswork-Full";

    /// <summary>The header that says that a result is what the units of a map job came to, a line each.</summary>
    public const string OfUnits = "Orleanswork-Of-Units";

    /// <summary>The media type of a change of a job's options.</summary>
    public const string MergePatch = "application/merge-patch+json";

    /// <summary>The header by which a stream of events is resumed.</summary>
    public const string LastEventId = "Last-Event-ID";

    /// <summary>The event that says that nothing has happened, and that the silo is there.</summary>
    public const string Alive = "alive";

    /// <summary>The event that brings a job's status.</summary>
    public const string Status = "status";

    /// <summary>The event that brings leases of a job.</summary>
    public const string Lease = "lease";

    /// <summary>The same, when some before it were missed: the list is to be read anew.</summary>
    public const string LeasesMissed = "leases-missed";

    /// <summary>The event that brings a line that a unit logged.</summary>
    public const string Log = "log";

    /// <summary>The event after which none follows.</summary>
    public const string Ended = "end";

    /// <summary>How often a stream of events has one, be it <see cref="Alive"/>.</summary>
    public static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(5);
}
