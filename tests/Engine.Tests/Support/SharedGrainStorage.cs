using System.Collections.Concurrent;
using System.Globalization;
using Orleans;
using Orleans.Runtime;
using Orleans.Serialization;
using Orleans.Storage;
using OrleansWork.Engine.Storage;

namespace OrleansWork.Engine.Tests.Support;

/// <summary>One storage for all silos of a test cluster: real ETags, bytes rather than references, and faults on demand.</summary>
internal sealed class SharedGrainStorage
{
    private readonly ConcurrentDictionary<string, (long ETag, byte[] Bytes)> _documents = new(StringComparer.Ordinal);
    private long _etags;

    /// <summary>Gets or sets what happens before a write: throw to fail it.</summary>
    public Action<string>? BeforeWrite { get; set; }

    /// <summary>Gets or sets what happens after a write: throw to fail it though it took place.</summary>
    public Action<string>? AfterWrite { get; set; }

    /// <summary>Gets or sets what happens before a read: throw to fail it.</summary>
    public Action<string>? BeforeRead { get; set; }

    /// <summary>Gets or sets what a read of a document waits for.</summary>
    public Func<string, Task>? WhileReading { get; set; }

    /// <summary>Gets or sets who sees every document that was written, before its writer knows.</summary>
    public Action<string, StoredDocument, Serializer>? Written { get; set; }

    public int Writes => _writes;

    public long LargestDocument { get; private set; }

    private readonly ConcurrentDictionary<string, long> _largest = new(StringComparer.Ordinal);

    /// <summary>Returns the size of the largest document that was ever written under a name.</summary>
    public long LargestOf(string name) => _largest.GetValueOrDefault(name);

    public IReadOnlyCollection<string> Keys => [.. _documents.Keys];

    /// <summary>Says whether there is a document.</summary>
    public bool Contains(string key) => _documents.ContainsKey(key);

    /// <summary>Writes a document again as a second writer would: whoever knows its ETag is stale.</summary>
    public void Touch(string key)
    {
        while (_documents.TryGetValue(key, out (long ETag, byte[] Bytes) current))
        {
            StoredDocument document = _serializer!.Deserialize<StoredDocument>(current.Bytes)!;
            document.Writer++;
            if (_documents.TryUpdate(key, (Interlocked.Increment(ref _etags), _serializer.SerializeToArray(document)), current))
                return;
        }
    }

    /// <summary>Returns the stored bytes of a document.</summary>
    public byte[] Read(string key) => _documents[key].Bytes;

    /// <summary>Changes the stored bytes of a document.</summary>
    public void Change(string key, Func<byte[], byte[]> change)
    {
        (long ETag, byte[] Bytes) current = _documents[key];
        _documents[key] = (Interlocked.Increment(ref _etags), change(current.Bytes));
    }

    private int _writes;

    private Serializer? _serializer;

    public IGrainStorage For(Serializer serializer)
    {
        _serializer = serializer;
        return new View(this, serializer);
    }

    private sealed class View(SharedGrainStorage shared, Serializer serializer) : IGrainStorage
    {
        public async Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
        {
            string key = Key(stateName, grainId);
            shared.BeforeRead?.Invoke(key);
            if (shared.WhileReading is { } wait)
                await wait(key);
            if (shared._documents.TryGetValue(key, out (long ETag, byte[] Bytes) found))
            {
                grainState.State = new DocumentSerializer(serializer).Deserialize<T>(new BinaryData(found.Bytes))!;
                grainState.ETag = found.ETag.ToString(CultureInfo.InvariantCulture);
                grainState.RecordExists = true;
            }
            else
            {
                grainState.State = Activator.CreateInstance<T>();
                grainState.ETag = null;
                grainState.RecordExists = false;
            }
        }

        public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
        {
            string key = Key(stateName, grainId);
            shared.BeforeWrite?.Invoke(key);
            byte[] bytes = serializer.SerializeToArray(grainState.State);
            (long ETag, byte[] Bytes) next = (Interlocked.Increment(ref shared._etags), bytes);
            bool written = grainState.ETag is { } known
                ? shared._documents.TryGetValue(key, out (long ETag, byte[] Bytes) current)
                    && current.ETag.ToString(CultureInfo.InvariantCulture) == known
                    && shared._documents.TryUpdate(key, next, current)
                : shared._documents.TryAdd(key, next);
            if (!written)
                throw new InconsistentStateException($"{key} was written by somebody else.");
            Interlocked.Increment(ref shared._writes);
            shared._largest.AddOrUpdate(stateName, bytes.LongLength, (_, before) => Math.Max(before, bytes.LongLength));
            shared.LargestDocument = Math.Max(shared.LargestDocument, bytes.LongLength);
            if (grainState.State is StoredDocument stored)
                shared.Written?.Invoke(key, stored, serializer);
            shared.AfterWrite?.Invoke(key);
            grainState.ETag = next.ETag.ToString(CultureInfo.InvariantCulture);
            grainState.RecordExists = true;
            return Task.CompletedTask;
        }

        public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
        {
            shared._documents.TryRemove(Key(stateName, grainId), out _);
            grainState.ETag = null;
            grainState.RecordExists = false;
            return Task.CompletedTask;
        }

        private static string Key(string stateName, GrainId grainId) => $"{stateName}/{grainId}";
    }
}
