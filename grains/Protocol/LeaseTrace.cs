using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Diagnostics;
using Orleans.Concurrency;

namespace OrleansWork.Protocol;

/// <summary>The spans that the leases of one message have at their coordinator, so that those of the silo come under them.</summary>
/// <remarks>In the message itself: a silo whose calls no filter looks at continues a trace, too.</remarks>
/// <param name="TraceHigh">The first eight bytes of the trace's id.</param>
/// <param name="TraceLow">The last eight bytes of it.</param>
/// <param name="Spans">The ids of the spans, in the order of the leases; 0 where a lease has none.</param>
[GenerateSerializer, Immutable, Alias("ow.LeaseTrace")]
internal sealed record LeaseTrace(
    [property: Id(0)] ulong TraceHigh,
    [property: Id(1)] ulong TraceLow,
    [property: Id(2)] ImmutableArray<ulong> Spans
)
{
    private const int TraceBytes = 16;
    private const int SpanBytes = 8;

    /// <summary>Says the spans of leases.</summary>
    /// <param name="trace">The trace of all of them.</param>
    /// <param name="spans">The span of each lease; null where it has none.</param>
    public static LeaseTrace Of(ActivityTraceId trace, ReadOnlySpan<Activity?> spans)
    {
        Span<byte> bytes = stackalloc byte[TraceBytes];
        trace.CopyTo(bytes);
        (ulong high, ulong low) = (BinaryPrimitives.ReadUInt64BigEndian(bytes), BinaryPrimitives.ReadUInt64BigEndian(bytes[SpanBytes..]));
        ImmutableArray<ulong>.Builder ids = ImmutableArray.CreateBuilder<ulong>(spans.Length);
        foreach (Activity? span in spans)
        {
            bytes[..SpanBytes].Clear();
            span?.SpanId.CopyTo(bytes[..SpanBytes]);
            ids.Add(BinaryPrimitives.ReadUInt64BigEndian(bytes));
        }

        return new LeaseTrace(high, low, ids.MoveToImmutable());
    }

    /// <summary>Returns the parent of what the silo does for a lease.</summary>
    /// <param name="index">Which of the message's leases it is.</param>
    /// <returns>The default where the lease has no span.</returns>
    public ActivityContext ParentOf(int index)
    {
        if (Spans.IsDefault || index >= Spans.Length || Spans[index] == 0 || (TraceHigh | TraceLow) == 0)
            return default;
        Span<byte> trace = stackalloc byte[TraceBytes];
        BinaryPrimitives.WriteUInt64BigEndian(trace, TraceHigh);
        BinaryPrimitives.WriteUInt64BigEndian(trace[SpanBytes..], TraceLow);
        Span<byte> span = stackalloc byte[SpanBytes];
        BinaryPrimitives.WriteUInt64BigEndian(span, Spans[index]);
        return new ActivityContext(
            ActivityTraceId.CreateFromBytes(trace),
            ActivitySpanId.CreateFromBytes(span),
            ActivityTraceFlags.Recorded,
            traceState: null,
            isRemote: true
        );
    }
}
