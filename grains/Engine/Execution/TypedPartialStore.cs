using System.Globalization;
using OrleansWork.Checks;
using OrleansWork.Engine.Storage;
using OrleansWork.Scheduling.Ledger;
using OrleansWork.Values;

namespace OrleansWork.Engine.Execution;

/// <summary>The partials of one job at its coordinator: bytes as they came until a Combine needs the value, typed from then on.</summary>
internal sealed class PartialStore<TInput, TPartial, TResult>(
    JobKind<TInput, TPartial, TResult> kind,
    TInput input,
    PayloadCodec<TPartial> codec,
    string mediaType,
    int maxPayloadBytes,
    CombineFinding combining
) : PartialStore
{
    private readonly Dictionary<long, Entry> _entries = [];
    private static readonly ResultCodec<TResult> Results = new();
    private readonly PayloadBuffer _buffer = new(maxPayloadBytes);

    /// <inheritdoc/>
    public override int Count => _entries.Count;

    /// <inheritdoc/>
    public override void Put(long handle, byte[] bytes) => _entries[handle] = new Entry(bytes, default);

    /// <inheritdoc/>
    public override void Combine(long left, long right, long result)
    {
        TPartial a = Take(left);
        TPartial b = Take(right);
        _entries[result] = new Entry(null, kind.Combine(a, b));
    }

    /// <inheritdoc/>
    public override void Drop(long handle) => _entries.Remove(handle);

    /// <inheritdoc/>
    public override byte[] Encode(long handle)
    {
        Entry entry = Get(handle);
        if (entry.Bytes is { } bytes)
            return bytes;
        bytes = _buffer.Encode(codec, entry.Value!);
        // The value stays: encoding it again would cost more than keeping it, and a later Combine wants it typed.
        return bytes;
    }

    /// <inheritdoc/>
    public override CombineFinding Combining => combining;

    /// <inheritdoc/>
    public override string? FindGrouping(IReadOnlyList<(UnitRange Units, byte[] Bytes)> neighbours) =>
        Associativity.Find(
            codec,
            (left, right) => codec.Encode(kind.Combine(codec.Decode(left), codec.Decode(right))),
            [.. neighbours.Select(partial => (NameOf(partial.Units, neighbours.All(any => any.Units.Count == 1)), partial.Bytes))]
        );

    private static string NameOf(UnitRange units, bool single) =>
        single ? units.From.ToString(CultureInfo.InvariantCulture) : units.ToString();

    /// <inheritdoc/>
    public override ResultPayload Finish(long? handle)
    {
        TResult result = handle is { } all ? kind.Finish(input, Take(all)) : kind.Empty(input);
        if (result is null)
            throw new PermanentFailureException("The result is null; a job has to return something.");
        return new ResultPayload(result is byte[] raw ? raw : Json(result), mediaType);
    }

    /// <summary>Bytes of a media type of their own are stored in pages and streamed; JSON is shown with the job and stays within a payload.</summary>
    private byte[] Json(TResult result)
    {
        byte[] json;
        try
        {
            json = _buffer.Encode(Results, result);
        }
        catch (Exception exception) when (exception is not PayloadTooLargeException)
        {
            throw new InvalidOperationException($"The result, a {typeof(TResult)}, cannot be serialized.", exception);
        }

        new CrossingCheck<TResult>(Results).Look(result, json, "The result");
        return json;
    }

    private TPartial Take(long handle)
    {
        Entry entry = Get(handle);
        _entries.Remove(handle);
        return entry.Bytes is { } bytes ? codec.Decode(bytes) : entry.Value!;
    }

    private Entry Get(long handle) =>
        _entries.TryGetValue(handle, out Entry entry) ? entry : throw new KeyNotFoundException($"There is no partial {handle}.");

    private readonly record struct Entry(byte[]? Bytes, TPartial? Value);
}
