using System.Collections.Immutable;
using Orleans.Concurrency;

namespace OrleansWork.Protocol;

/// <summary>A job to be recorded.</summary>
/// <param name="Kind">The kind's name.</param>
/// <param name="InputJson">The input as UTF-8 JSON.</param>
/// <param name="OptionsJson">The document of <see cref="JobOptions"/>.</param>
[GenerateSerializer, Immutable, Alias("ow.SubmitRequest")]
internal sealed record SubmitRequest(
    [property: Id(0)] string Kind,
    [property: Id(1)] ReadOnlyMemory<byte> InputJson,
    [property: Id(2)] byte[] OptionsJson
)
{
    /// <summary>Gets whether it was sent before and nobody answered: that one may have ended the process that took it.</summary>
    [Id(3)]
    public bool IsRepeated { get; init; }

    /// <summary>Gets the caller's span, as W3C trace context writes it, under which the job's comes; null where nobody records it.</summary>
    [Id(4)]
    public string? TraceParent { get; init; }
}

/// <summary>Why a request was refused, for the caller to turn into an <see cref="RequestException"/>.</summary>
[GenerateSerializer, Immutable, Alias("ow.Refusal")]
internal sealed record Refusal(
    [property: Id(0)] ErrorReason Reason,
    [property: Id(1)] string Message,
    [property: Id(2)] ImmutableArray<ProblemRecord> Problems
);

/// <summary>A field of the input that is wrong.</summary>
[GenerateSerializer, Immutable, Alias("ow.ProblemRecord")]
internal readonly record struct ProblemRecord([property: Id(0)] string Field, [property: Id(1)] string Message);

/// <summary>Answers a submission: the status document, or why it was refused.</summary>
/// <param name="Created">Whether this call recorded the job; false when it was there already.</param>
/// <param name="Status">The document of <see cref="JobStatus"/>; null when refused.</param>
/// <param name="Refusal">Why it was refused, or null.</param>
[GenerateSerializer, Immutable, Alias("ow.SubmitReply")]
internal sealed record SubmitReply([property: Id(0)] bool Created, [property: Id(1)] byte[]? Status, [property: Id(2)] Refusal? Refusal);

/// <summary>Answers with a document, or why there is none.</summary>
[GenerateSerializer, Immutable, Alias("ow.DocumentReply")]
internal sealed record DocumentReply([property: Id(0)] byte[]? Document, [property: Id(1)] Refusal? Refusal);

/// <summary>Answers with a status and its sequence.</summary>
[GenerateSerializer, Immutable, Alias("ow.StatusReply")]
internal sealed record StatusReply([property: Id(0)] long Sequence, [property: Id(1)] byte[]? Document, [property: Id(2)] Refusal? Refusal);

/// <summary>A piece of a stored result.</summary>
/// <param name="TotalBytes">The size of the whole.</param>
/// <param name="MediaType">What it is.</param>
/// <param name="Piece">The bytes from the offset asked for.</param>
/// <param name="Refusal">Why there is none, or null.</param>
[GenerateSerializer, Immutable, Alias("ow.ResultReply")]
internal sealed record ResultReply(
    [property: Id(0)] long TotalBytes,
    [property: Id(1)] string MediaType,
    [property: Id(2)] byte[] Piece,
    [property: Id(3)] Refusal? Refusal
);

/// <summary>Some stored results of a map job.</summary>
/// <param name="Next">The cursor to go on with.</param>
/// <param name="Batch">The results.</param>
/// <param name="Errors">Units that failed for good.</param>
/// <param name="End">Whether the job has ended and nothing follows.</param>
/// <param name="Refusal">Why there are none, or null.</param>
[GenerateSerializer, Immutable, Alias("ow.UnitResultsReply")]
internal sealed record UnitResultsReply(
    [property: Id(0)] long Next,
    [property: Id(1)] byte[] Batch,
    [property: Id(2)] ImmutableArray<UnitError> Errors,
    [property: Id(3)] bool End,
    [property: Id(4)] Refusal? Refusal
);

/// <summary>A unit that failed for good.</summary>
[GenerateSerializer, Immutable, Alias("ow.UnitError")]
internal sealed record UnitError(
    [property: Id(0)] long Unit,
    [property: Id(1)] string Type,
    [property: Id(2)] string Message,
    [property: Id(3)] string? Silo
);

/// <summary>What a silo needs to run units of a job.</summary>
/// <param name="Kind">The kind's name.</param>
/// <param name="Version">The kind's version.</param>
/// <param name="UnitCount">How many units the job has.</param>
/// <param name="Seed">The seed of the units' random numbers.</param>
/// <param name="InputJson">The canonical input.</param>
/// <param name="UnitTimeoutMicros">How long one unit may run, or 0 for no limit.</param>
[GenerateSerializer, Immutable, Alias("ow.JobDescription")]
internal sealed record JobDescription(
    [property: Id(0)] string Kind,
    [property: Id(1)] int Version,
    [property: Id(2)] long UnitCount,
    [property: Id(3)] ulong Seed,
    [property: Id(4)] ReadOnlyMemory<byte> InputJson,
    [property: Id(5)] long UnitTimeoutMicros
)
{
    /// <summary>Gets where the items of the units are stored; null for a kind whose units are only numbers.</summary>
    [Id(6)]
    public byte[]? Items { get; init; }
}

/// <summary>What units said while they ran.</summary>
[GenerateSerializer, Immutable, Alias("ow.UnitNotes")]
internal sealed record UnitNotes(
    [property: Id(0)] ulong Incarnation,
    [property: Id(1)] SiloAddress Silo,
    [property: Id(2)] ImmutableArray<UnitNote> Notes
);

/// <summary>One line of a unit's log, or its progress.</summary>
/// <param name="Unit">The unit.</param>
/// <param name="Attempt">Which attempt.</param>
/// <param name="At">When, in UTC ticks.</param>
/// <param name="Level">A log level's number, or -1 for progress.</param>
/// <param name="Text">The line, at most 8 KB.</param>
/// <param name="Fraction">0 to 1 for progress.</param>
[GenerateSerializer, Immutable, Alias("ow.UnitNote")]
internal readonly record struct UnitNote(
    [property: Id(0)] long Unit,
    [property: Id(1)] int Attempt,
    [property: Id(2)] long At,
    [property: Id(3)] int Level,
    [property: Id(4)] string Text,
    [property: Id(5)] double Fraction
);

/// <summary>A line that is kept of what units of a job said.</summary>
/// <param name="Number">Counted from 1 over the job; numbers are missing where lines are no longer kept.</param>
/// <param name="Silo">The silo it came from.</param>
/// <param name="Note">The line.</param>
[GenerateSerializer, Immutable, Alias("ow.UnitLogEntry")]
internal readonly record struct UnitLogEntry([property: Id(0)] long Number, [property: Id(1)] string Silo, [property: Id(2)] UnitNote Note);

/// <summary>Answers with lines that units logged.</summary>
/// <param name="Last">The number to ask on from.</param>
/// <param name="Lines">The lines, oldest first.</param>
/// <param name="End">Whether the job has ended and nothing follows.</param>
/// <param name="Refusal">Why there are none, or null.</param>
[GenerateSerializer, Immutable, Alias("ow.LogReply")]
internal sealed record LogReply(
    [property: Id(0)] long Last,
    [property: Id(1)] ImmutableArray<UnitLogEntry> Lines,
    [property: Id(2)] bool End,
    [property: Id(3)] Refusal? Refusal
);

/// <summary>A job in the catalogue.</summary>
/// <param name="JobId">The job.</param>
/// <param name="Incarnation">Which life of that id.</param>
/// <param name="Kind">The kind's name.</param>
/// <param name="Version">The kind's version.</param>
/// <param name="Priority">0 to 9.</param>
/// <param name="SubmittedTicks">When it was submitted, in UTC ticks.</param>
/// <param name="Summary">For an ended job the document of <see cref="JobSummary"/>; null while open.</param>
[GenerateSerializer, Immutable, Alias("ow.CatalogEntry")]
internal sealed record CatalogEntry(
    [property: Id(0)] string JobId,
    [property: Id(1)] ulong Incarnation,
    [property: Id(2)] string Kind,
    [property: Id(3)] int Version,
    [property: Id(4)] int Priority,
    [property: Id(5)] long SubmittedTicks,
    [property: Id(6)] byte[]? Summary
)
{
    /// <summary>Gets whether the shard has started it; meaningful while it is open.</summary>
    [Id(7)]
    public bool Started { get; init; }

    /// <summary>Gets what cannot be read where entries should be; then this is no job. Null for an entry.</summary>
    [Id(8)]
    public string? Gap { get; init; }

    /// <summary>Makes what stands in a list for entries that cannot be read.</summary>
    public static CatalogEntry OfGap(string gap) => new("", 0, "", 0, 0, 0, Summary: null) { Gap = gap };
}

/// <summary>Answers the opening of a job.</summary>
/// <param name="Accepted">Whether it is recorded; otherwise the open jobs are at their limit.</param>
[GenerateSerializer, Immutable, Alias("ow.OpenReply")]
internal readonly record struct OpenReply([property: Id(0)] bool Accepted);

/// <summary>How many jobs there are.</summary>
/// <param name="Total">All, open and ended.</param>
/// <param name="Queued">Those that wait for a place.</param>
/// <param name="Started">Those that have one: decomposing, running or paused.</param>
[GenerateSerializer, Immutable, Alias("ow.CatalogCounts")]
internal readonly record struct CatalogCounts([property: Id(0)] long Total, [property: Id(1)] int Queued, [property: Id(2)] int Started)
{
    /// <summary>Gets how many may have a place at once; 0 when that is not said.</summary>
    [Id(3)]
    public int MostStarted { get; init; }

    /// <summary>Gets how many may be open at once; 0 when that is not said.</summary>
    [Id(4)]
    public int MostOpen { get; init; }
}

/// <summary>Where a job waits for its turn.</summary>
/// <param name="Before">How many jobs start before it.</param>
/// <param name="Running">How many of its shard run.</param>
/// <param name="Limit">How many of its shard may.</param>
[GenerateSerializer, Immutable, Alias("ow.QueuePlace")]
internal sealed record QueuePlace([property: Id(0)] int Before, [property: Id(1)] int Running, [property: Id(2)] int Limit);

/// <summary>Which entries of a shard to list.</summary>
/// <param name="BeforeTicks">Only jobs submitted before; long.MaxValue for all.</param>
/// <param name="BeforeId">Among those submitted at the same tick, only ids that sort before.</param>
/// <param name="Limit">At most this many.</param>
/// <param name="Kind">Only of this kind, or null.</param>
/// <param name="Text">Only with this text in id, kind, or type or message of the error, or null.</param>
[GenerateSerializer, Immutable, Alias("ow.CatalogQuery")]
internal sealed record CatalogQuery(
    [property: Id(0)] long BeforeTicks,
    [property: Id(1)] string BeforeId,
    [property: Id(2)] int Limit,
    [property: Id(3)] string? Kind,
    [property: Id(4)] string? Text
);
