using System.Collections.Immutable;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;
using Orleans.Storage;

namespace OrleansWork.Engine.Storage;

/// <summary>The stored form of every document: what wrote it, and its content in the engine's own encoding, whatever the provider does.</summary>
[GenerateSerializer, Alias("ow.StoredDocument")]
internal sealed class StoredDocument
{
    [Id(0)]
    public int Schema { get; set; }

    [Id(1)]
    public byte[] Content { get; set; } = [];
}

/// <summary>A stored record that this build cannot read.</summary>
internal sealed class StoredRecordException(string message, Exception? innerException = null) : Exception(message, innerException);

/// <summary>Reads and writes manifests (under their ETag) and immutable pages in the storage named <c>jobs</c>.</summary>
internal sealed class JobStore([FromKeyedServices(JobStore.StorageName)] IGrainStorage storage, Serializer serializer)
{
    /// <summary>The name of the grain storage that the host must provide.</summary>
    public const string StorageName = "jobs";

    /// <summary>How large a page is at most; storage and links stay responsive for others.</summary>
    public const int MaxPageBytes = 1 << 20;

    private static readonly GrainType ManifestType = GrainType.Create("ow-job");
    private static readonly GrainType PageType = GrainType.Create("ow-page");

    /// <summary>Makes the slot through which the manifest of one job is read and written.</summary>
    public DocumentSlot<JobManifest> Manifest(string jobId) =>
        new(this, "manifest", GrainId.Create(ManifestType, jobId), JobManifest.CurrentSchema);

    /// <summary>Makes the slot of another document of the engine.</summary>
    public DocumentSlot<TDocument> Document<TDocument>(string name, GrainId id, int schema)
        where TDocument : class => new(this, name, id, schema);

    /// <summary>Writes a page that was never written before.</summary>
    public async Task WritePageAsync(string jobId, ulong incarnation, PageKey key, byte[] content)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(content.Length, MaxPageBytes);
        GrainState<StoredDocument> state = new(new StoredDocument { Schema = 1, Content = content });
        await GuardedAsync(storage.WriteStateAsync("page", PageId(jobId, incarnation, key), state));
    }

    /// <summary>Reads a page.</summary>
    /// <exception cref="StoredRecordException">There is no such page.</exception>
    public async Task<byte[]> ReadPageAsync(string jobId, ulong incarnation, PageKey key)
    {
        GrainState<StoredDocument> state = new();
        await GuardedAsync(storage.ReadStateAsync("page", PageId(jobId, incarnation, key), state));
        return state.RecordExists && state.State is { } page
            ? page.Content
            : throw new StoredRecordException($"Page {key.Epoch}/{key.Number} of job {jobId} is missing from storage.");
    }

    /// <summary>Deletes a page; one that is not there is no error.</summary>
    public async Task DeletePageAsync(string jobId, ulong incarnation, PageKey key)
    {
        GrainState<StoredDocument> state = new();
        GrainId id = PageId(jobId, incarnation, key);
        await GuardedAsync(storage.ReadStateAsync("page", id, state));
        if (state.RecordExists)
            await GuardedAsync(storage.ClearStateAsync("page", id, state));
    }

    /// <summary>Reads bytes wherever they are.</summary>
    public async Task<byte[]> ReadAsync(string jobId, ulong incarnation, StoredPayload payload)
    {
        if (payload.Inline is { } inline)
            return inline;
        byte[] whole = new byte[payload.Length];
        int at = 0;
        foreach (PagePiece piece in payload.Pieces)
        {
            byte[] page = await ReadPageAsync(jobId, incarnation, piece.Page);
            page.AsSpan(piece.Offset, piece.Length).CopyTo(whole.AsSpan(at));
            at += piece.Length;
        }

        return whole;
    }

    /// <summary>A provider's own exceptions cannot cross to another silo: what fails here fails as an Orleans exception that says the same.</summary>
    private static async Task GuardedAsync(Task call)
    {
        try
        {
            await call;
        }
        catch (Exception exception) when (exception is not OrleansException)
        {
            throw new OrleansException($"Storage '{StorageName}' failed: {exception.GetType().Name}: {exception.Message}");
        }
    }

    private static GrainId PageId(string jobId, ulong incarnation, PageKey key) =>
        GrainId.Create(PageType, string.Create(CultureInfo.InvariantCulture, $"{jobId}/{incarnation:x16}/{key.Epoch}/{key.Number}"));

    /// <summary>One document in storage, with the ETag it was last seen with.</summary>
    internal sealed class DocumentSlot<TDocument>(JobStore store, string name, GrainId id, int schema)
        where TDocument : class
    {
        private readonly GrainState<StoredDocument> _state = new(new StoredDocument());

        /// <summary>Reads the document; null when there is none.</summary>
        /// <exception cref="StoredRecordException">It is of a later schema, or cannot be decoded.</exception>
        public async Task<TDocument?> ReadAsync()
        {
            await GuardedAsync(store.Storage.ReadStateAsync(name, id, _state));
            if (!_state.RecordExists || _state.State is not { Content.Length: > 0 } stored)
                return null;
            if (stored.Schema > schema)
            {
                throw new StoredRecordException(
                    $"The stored {name} {id.Key} has schema {stored.Schema}; this build reads up to {schema}. Run the newer build again, or forget the job."
                );
            }

            try
            {
                return store.Serializer.Deserialize<TDocument>(stored.Content);
            }
            catch (Exception exception)
            {
                throw new StoredRecordException($"The stored {name} {id.Key} is corrupt: {exception.Message}", exception);
            }
        }

        /// <summary>Writes the document if nobody else has since this slot read or wrote it.</summary>
        /// <exception cref="InconsistentStateException">Somebody else has.</exception>
        public async Task WriteAsync(TDocument document)
        {
            StoredDocument? previous = _state.State;
            _state.State = new StoredDocument { Schema = schema, Content = store.Serializer.SerializeToArray(document) };
            try
            {
                await GuardedAsync(store.Storage.WriteStateAsync(name, id, _state));
            }
            catch
            {
                _state.State = previous!;
                throw;
            }
        }

        /// <summary>Deletes the document if nobody else has written it.</summary>
        public Task ClearAsync() => GuardedAsync(store.Storage.ClearStateAsync(name, id, _state));
    }

    private IGrainStorage Storage => storage;

    private Serializer Serializer => serializer;
}
