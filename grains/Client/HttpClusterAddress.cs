namespace OrleansWork;

/// <summary>Where a cluster answers by HTTP, and as whom to ask.</summary>
public sealed record HttpClusterAddress
{
    /// <summary>Gets the addresses of silos, such as <c>http://127.0.0.1:8080</c>: any answers for the whole cluster, and the next is asked when one does not.</summary>
    public required IReadOnlyList<Uri> Urls { get; init; }

    /// <summary>Gets the key to ask with.</summary>
    /// <value>Null for none; every silo asks for one.</value>
    public string? Key { get; init; }

    /// <summary>Gets how long to wait for a connection to one silo.</summary>
    /// <value>The default is 3 seconds.</value>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>Gets what finds the addresses anew when none answers: those of a cluster whose silos come and go.</summary>
    internal Func<IReadOnlyList<Uri>>? Renew { get; init; }

    /// <summary>Gets how many requests, the first, hold the thread that makes them until they are answered.</summary>
    /// <value>The default is 0. In a process that asks once and ends, compiling what lets go of a thread costs more than all the rest of a request.</value>
    internal int HeldRequests { get; init; }

    /// <summary>Gets what is told whether a silo has answered.</summary>
    internal Action<bool>? Answers { get; init; }
}
