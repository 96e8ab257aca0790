using System.Collections.Immutable;
using Orleans.Concurrency;

namespace OrleansWork.Engine.Storage;

/// <summary>The one commit point of a job: everything a coordinator needs to go on. Written under the ETag.</summary>
[GenerateSerializer, Immutable, Alias("ow.JobManifest")]
internal sealed partial record JobManifest
{
    /// <summary>The newest layout that this build writes; a manifest of a later one is refused by name.</summary>
    public const int CurrentSchema = 1;

    [Id(0)]
    public int Schema { get; init; } = CurrentSchema;

    [Id(1)]
    public required string JobId { get; init; }

    [Id(2)]
    public ulong Incarnation { get; init; }

    [Id(3)]
    public int Epoch { get; init; }

    [Id(4)]
    public required string Kind { get; init; }

    [Id(5)]
    public int KindVersion { get; init; }

    [Id(6)]
    public required StoredPayload Input { get; init; }

    /// <summary>The options as they were submitted: what a repeated submission is compared with.</summary>
    [Id(7)]
    public required byte[] OptionsJson { get; init; }

    /// <summary>The options as they are after changes; null while they are as submitted.</summary>
    [Id(51)]
    public byte[]? ChangedOptionsJson { get; init; }

    /// <summary>How often they were changed.</summary>
    [Id(52)]
    public int OptionsVersion { get; init; }

    [Id(8)]
    public ulong Seed { get; init; }

    [Id(9)]
    public JobState State { get; init; }

    /// <summary>How many units there are; -1 until decomposed.</summary>
    [Id(10)]
    public long UnitCount { get; init; } = -1;

    /// <summary>The committed ranges as pairs from, to.</summary>
    [Id(11)]
    public ImmutableArray<long> Committed { get; init; } = [];

    [Id(12)]
    public ImmutableArray<StoredFailure> Failures { get; init; } = [];

    [Id(13)]
    public ImmutableArray<StoredNode> Nodes { get; init; } = [];

    [Id(14)]
    public StoredPayload? Result { get; init; }

    [Id(15)]
    public string? ResultMediaType { get; init; }

    [Id(16)]
    public byte[]? ErrorJson { get; init; }

    [Id(17)]
    public long SubmittedTicks { get; init; }

    [Id(18)]
    public long StartedTicks { get; init; }

    [Id(19)]
    public long FinishedTicks { get; init; }

    [Id(20)]
    public long Leases { get; init; }

    [Id(21)]
    public long Attempts { get; init; }

    [Id(22)]
    public long Wasted { get; init; }

    [Id(23)]
    public ImmutableArray<StoredShare> Shares { get; init; } = [];

    /// <summary>Page numbers of this epoch below it may have been written.</summary>
    [Id(24)]
    public long PagesReserved { get; init; }

    /// <summary>Pages of earlier writes that may exist and are referenced by nothing: to be deleted.</summary>
    [Id(25)]
    public ImmutableArray<PageKey> Orphans { get; init; } = [];

    /// <summary>Page numbers of this epoch below it are named here or were deleted.</summary>
    [Id(28)]
    public long PagesFloor { get; init; }

    [Id(26)]
    public bool IsAsync { get; init; }

    [Id(27)]
    public bool SideEffects { get; init; }

    /// <summary>Where the items of its units are.</summary>
    [Id(40)]
    public SegmentIndex Items { get; init; } = SegmentIndex.Empty;

    /// <summary>Whether results are kept one by one.</summary>
    [Id(41)]
    public bool IsMap { get; init; }

    /// <summary>Where the results of its units are, but for the newest, in the order of their commitment.</summary>
    [Id(42)]
    public SegmentIndex Results { get; init; } = SegmentIndex.Empty;

    /// <summary>The newest results of its units.</summary>
    [Id(43)]
    public byte[] ResultTail { get; init; } = [];

    /// <summary>How many results are in the tail.</summary>
    [Id(44)]
    public int ResultTailCount { get; init; }

    /// <summary>The silo of the coordinator that may have leases out; null when none has.</summary>
    [Id(29)]
    public string? Coordinator { get; init; }

    /// <summary>The silos that its leases may be on.</summary>
    [Id(35)]
    public ImmutableArray<string> Silos { get; init; } = [];

    /// <summary>The unit up to which leases may have been granted since; 0 when unknown.</summary>
    [Id(30)]
    public long LeasedTo { get; init; }

    /// <summary>The unit up to which they may be granted before the coordinator has said that; 0 when any unit may be leased.</summary>
    [Id(62)]
    public long MayLeaseTo { get; init; }

    /// <summary>The work that may have ended its process.</summary>
    [Id(31)]
    public ImmutableArray<StoredSuspect> Suspects { get; init; } = [];

    /// <summary>The unit below which any unit may have been present when a coordinator died with its process.</summary>
    [Id(33)]
    public long VagueTo { get; init; }

    /// <summary>What its author should know although nothing has failed.</summary>
    [Id(45)]
    public ImmutableArray<string> Warnings { get; init; } = [];

    /// <summary>How often its failed units were retried.</summary>
    [Id(34)]
    public int Retries { get; init; }

    /// <summary>The build of the kind's assembly that failed the job, and would again; null when something else did.</summary>
    [Id(46)]
    public Guid? FailedBuild { get; init; }

    /// <summary>The step of the kind's code, outside units, that the coordinator has entered; null when it records none.</summary>
    [Id(47)]
    public string? Step { get; init; }

    /// <summary>How often in a row the process of its coordinator ended; from the second time on, in a step that was recorded.</summary>
    [Id(48)]
    public int StepDeaths { get; init; }

    /// <summary>The step that was entered when a process ended last.</summary>
    [Id(49)]
    public string? FatalStep { get; init; }

    /// <summary>How often its kind could not be prepared by a coordinator.</summary>
    [Id(50)]
    public int PrepareFailures { get; init; }

    /// <summary>Where the time of its slots went; null before its first lease.</summary>
    [Id(60)]
    public StoredAccount? Account { get; init; }

    /// <summary>What is kept of how it ran, once it has ended.</summary>
    [Id(61)]
    public StoredPayload? Trace { get; init; }

    /// <summary>Gets how many results are stored: as many as units are committed.</summary>
    public long ResultCount => Results.Count + ResultTailCount;

    /// <summary>Gets whether the job has ended.</summary>
    public bool IsTerminal => State is JobState.Succeeded or JobState.Failed or JobState.Canceled;
}
