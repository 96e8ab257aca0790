using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Runtime;
using Orleans.Serialization;
using Orleans.Storage;
using OrleansWork.Engine.Storage;

namespace OrleansWork.Testing;

/// <summary>One storage for all silos of a cluster in one process: real ETags, and bytes rather than references.</summary>
internal sealed class SharedMemoryStorage
{
    private readonly ConcurrentDictionary<string, Document> _documents = new(StringComparer.Ordinal);
    private long _etags;

    /// <summary>Makes a silo's door to it.</summary>
    public IGrainStorage For(IServiceProvider services) =>
        new Door(this, new DocumentSerializer(services.GetRequiredService<Serializer>()));

    private sealed record Document(string ETag, BinaryData Bytes);

    private sealed class Door(SharedMemoryStorage shared, DocumentSerializer serializer) : IGrainStorage
    {
        public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
        {
            Document? found = shared._documents.GetValueOrDefault(Key(stateName, grainId));
            grainState.State = found is null ? Activator.CreateInstance<T>() : serializer.Deserialize<T>(found.Bytes)!;
            grainState.ETag = found?.ETag;
            grainState.RecordExists = found is not null;
            return Task.CompletedTask;
        }

        public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
        {
            string key = Key(stateName, grainId);
            string etag = Interlocked.Increment(ref shared._etags).ToString(CultureInfo.InvariantCulture);
            Document next = new(etag, serializer.Serialize(grainState.State));
            bool written = grainState.ETag is { } known
                ? shared._documents.TryGetValue(key, out Document? current)
                    && current.ETag == known
                    && shared._documents.TryUpdate(key, next, current)
                : shared._documents.TryAdd(key, next);
            if (!written)
                throw new InconsistentStateException($"{key} was written by somebody else.");
            (grainState.ETag, grainState.RecordExists) = (etag, true);
            return Task.CompletedTask;
        }

        public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
        {
            shared._documents.TryRemove(Key(stateName, grainId), out _);
            (grainState.ETag, grainState.RecordExists) = (null, false);
            return Task.CompletedTask;
        }

        private static string Key(string stateName, GrainId grainId) => $"{stateName}/{grainId}";
    }
}
