using System.Collections.Immutable;
using Orleans.Concurrency;
using OrleansWork.Protocol;

namespace OrleansWork.Engine.Storage;

/// <summary>The stored log of a job's units: beside the manifest, because a line lost with its silo is no harm and need not wait for a checkpoint.</summary>
[GenerateSerializer, Immutable, Alias("ow.JobLog")]
internal sealed record JobLog
{
    /// <summary>The newest layout that this build writes.</summary>
    public const int CurrentSchema = 1;

    [Id(0)]
    public ulong Incarnation { get; init; }

    /// <summary>The number of the newest line.</summary>
    [Id(1)]
    public long Last { get; init; }

    [Id(2)]
    public ImmutableArray<UnitLogEntry> Lines { get; init; } = [];
}
