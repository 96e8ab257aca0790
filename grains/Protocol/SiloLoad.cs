using System.Collections.Immutable;
using Orleans.Concurrency;

namespace OrleansWork.Protocol;

/// <summary>What a silo says about one class of its work: computing on slots, or waiting on permits.</summary>
/// <param name="Slots">Units it can perform at once.</param>
/// <param name="Running">Leases running.</param>
/// <param name="Queued">Leases admitted and not started.</param>
/// <param name="Depth">Leases it admits at once, all jobs together.</param>
[GenerateSerializer, Immutable, Alias("ow.ClassLoad")]
internal readonly record struct ClassLoad(
    [property: Id(0)] int Slots,
    [property: Id(1)] int Running,
    [property: Id(2)] int Queued,
    [property: Id(3)] int Depth
)
{
    /// <summary>Gets for how long its slots have worked since the silo started, in microseconds of one slot.</summary>
    [Id(4)]
    public long BusyMicros { get; init; }
}

/// <summary>What a silo says about itself on every report and heartbeat.</summary>
/// <param name="Sequence">Rises with every load a silo makes: an older one does not replace a newer one.</param>
/// <param name="Compute">Its compute slots.</param>
/// <param name="Wait">Its permits for asynchronous units.</param>
/// <param name="UnitsPerSecond">Recent speed.</param>
/// <param name="ErrorRate">Share of recent leases that failed, 0 to 1.</param>
/// <param name="Draining">Whether it takes no new work.</param>
/// <param name="Cpu">Its process' share of its machine, 0 to 1.</param>
/// <param name="MemoryBytes">Memory in use.</param>
/// <param name="MemoryLimitBytes">Memory it may use.</param>
[GenerateSerializer, Immutable, Alias("ow.SiloLoad")]
internal sealed partial record SiloLoad(
    [property: Id(0)] long Sequence,
    [property: Id(1)] ClassLoad Compute,
    [property: Id(2)] ClassLoad Wait,
    [property: Id(3)] float UnitsPerSecond,
    [property: Id(4)] float ErrorRate,
    [property: Id(5)] bool Draining,
    [property: Id(6)] float Cpu,
    [property: Id(7)] long MemoryBytes,
    [property: Id(8)] long MemoryLimitBytes
)
{
    /// <summary>Gets whether it takes no new work because its turns wait: other code blocks the threads they run on.</summary>
    [Id(9)]
    public bool Starved { get; init; }

    /// <summary>Gets whether it takes no new lease for want of memory: it alone knows its limits and when it was full last.</summary>
    [Id(10)]
    public bool IsMemoryFull { get; init; }
}

/// <summary>What a silo is, which does not change while it lives.</summary>
/// <param name="Silo">Its address.</param>
/// <param name="Workers">How many worker grains lead to it.</param>
/// <param name="Labels">Its labels.</param>
/// <param name="Kinds">The kinds it can run.</param>
[GenerateSerializer, Immutable, Alias("ow.SiloProfile")]
internal sealed record SiloProfile(
    [property: Id(0)] SiloAddress Silo,
    [property: Id(1)] int Workers,
    [property: Id(2)] ImmutableDictionary<string, string> Labels,
    [property: Id(3)] ImmutableArray<KindProfile> Kinds
)
{
    /// <summary>Gets where it answers by HTTP, or null.</summary>
    [Id(4)]
    public string? Http { get; init; }
}

/// <summary>A kind that a silo can run.</summary>
[GenerateSerializer, Immutable, Alias("ow.KindProfile")]
internal sealed record KindProfile(
    [property: Id(0)] string Name,
    [property: Id(1)] int Version,
    [property: Id(2)] string Description,
    [property: Id(3)] bool IsAsync,
    [property: Id(4)] bool SideEffects,
    [property: Id(5)] string InputSchema
)
{
    /// <summary>Gets whether the results of its units are kept one by one.</summary>
    [Id(6)]
    public bool IsMap { get; init; }

    /// <summary>Gets how many leases of a job of this kind the silo runs at once when its units wait; 0 when they compute.</summary>
    [Id(7)]
    public int AsyncSlots { get; init; }
}

/// <summary>What a silo tells others four times a second.</summary>
/// <param name="Silo">The silo that speaks.</param>
/// <param name="Profile">What it is; null once the receiver knows.</param>
/// <param name="Load">Its load.</param>
/// <param name="Coordinating">How many jobs it coordinates.</param>
/// <param name="Held">The leases it holds for coordinators on the receiver.</param>
[GenerateSerializer, Immutable, Alias("ow.Heartbeat")]
internal sealed record Heartbeat(
    [property: Id(0)] SiloAddress Silo,
    [property: Id(1)] SiloProfile? Profile,
    [property: Id(2)] SiloLoad Load,
    [property: Id(3)] int Coordinating,
    [property: Id(4)] ImmutableArray<HeldLease> Held
)
{
    /// <summary>Gets the silos that coordinators on the sender have quarantined, at most 64.</summary>
    [Id(5)]
    public ImmutableArray<SiloAddress> Quarantined { get; init; } = [];

    /// <summary>Gets how many leases the sender admits of the jobs that coordinators on the receiver run there.</summary>
    [Id(6)]
    public ImmutableArray<JobShare> Shares { get; init; } = [];
}

/// <summary>How many leases of a job a silo admits at once.</summary>
/// <param name="JobId">The job.</param>
/// <param name="Incarnation">Which life of that id.</param>
/// <param name="Share">How many.</param>
[GenerateSerializer, Immutable, Alias("ow.JobShare")]
internal readonly record struct JobShare([property: Id(0)] string JobId, [property: Id(1)] ulong Incarnation, [property: Id(2)] int Share);

/// <summary>Answers a heartbeat.</summary>
/// <param name="KnowsProfile">Whether the receiver has the sender's profile.</param>
/// <param name="WantsHeartbeats">Whether the receiver asks to hear from the sender for the next five seconds.</param>
[GenerateSerializer, Immutable, Alias("ow.HeartbeatReply")]
internal readonly record struct HeartbeatReply([property: Id(0)] bool KnowsProfile, [property: Id(1)] bool WantsHeartbeats);
