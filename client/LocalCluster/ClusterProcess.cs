namespace OrleansWork.Console.LocalCluster;

/// <summary>One process of a local cluster.</summary>
/// <param name="Role">supervisor, store or silo.</param>
/// <param name="Pid">Its process id.</param>
/// <param name="Silo">The silo's address, as <c>127.0.0.1:11111@154382262</c>.</param>
/// <param name="Gateway">The silo's gateway, as host:port.</param>
/// <param name="Http">The silo's HTTP address.</param>
/// <param name="Log">The path of its log.</param>
/// <param name="StartedAt">When it was started: tells it from a later process with the same id.</param>
internal sealed record ClusterProcess(
    string Role,
    int Pid,
    string? Silo,
    string? Gateway,
    string? Http,
    string? Log,
    DateTimeOffset StartedAt
)
{
    /// <summary>The role of the process that owns the others.</summary>
    public const string SupervisorRole = "supervisor";

    /// <summary>The role of the store.</summary>
    public const string StoreRole = "store";

    /// <summary>The role of a silo.</summary>
    public const string SiloRole = "silo";

    /// <summary>The state of a silo that works.</summary>
    public const string Ready = "ready";

    /// <summary>The state of a silo that takes no new leases and ends when it has none left.</summary>
    public const string Draining = "draining";

    /// <summary>The state of a supervisor that stops its cluster.</summary>
    public const string Stopping = "stopping";

    /// <summary>Gets the state of a silo, or of a supervisor that stops; null otherwise.</summary>
    public string? State { get; init; }
}
