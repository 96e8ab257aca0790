using System.Globalization;
using System.Security.Cryptography;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;
using Orleans.Storage;
using OrleansWork.Engine.Cluster;

namespace OrleansWork.Engine.Storage;

/// <summary>Reads and writes manifests (under their ETag) and immutable pages in the storage named <c>jobs</c>.</summary>
internal sealed class JobStore([FromKeyedServices(JobStore.StorageName)] IGrainStorage storage, Serializer serializer) : IStorageProbe
{
    /// <summary>The name of the grain storage that the host must provide.</summary>
    public const string StorageName = "jobs";

    /// <summary>How large a page is at most; storage and links stay responsive for others.</summary>
    public const int MaxPageBytes = 1 << 20;

    private static readonly GrainType ManifestType = GrainType.Create("ow-job");
    private static readonly GrainType PageType = GrainType.Create("ow-page");
    private static readonly GrainId ProbeId = GrainId.Create("ow-probe", "0");

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
        GrainState<StoredDocument> state = new(StoredDocument.Of(schema: 1, content));
        await GuardedAsync(() => storage.WriteStateAsync("page", PageId(jobId, incarnation, key), state));
    }

    /// <summary>Reads a page.</summary>
    /// <exception cref="StoredRecordException">There is no such page, or it is corrupt.</exception>
    public async Task<byte[]> ReadPageAsync(string jobId, ulong incarnation, PageKey key)
    {
        GrainState<StoredDocument> state = new();
        string what = $"page {key.Epoch}/{key.Number} of job {jobId}";
        await ReadAsync(what, () => storage.ReadStateAsync("page", PageId(jobId, incarnation, key), state));
        if (!state.RecordExists || state.State is not { } page)
            throw new StoredRecordException($"The stored {what} is missing.", isForGood: true);
        page.Check(what);
        return page.Content;
    }

    /// <summary>Deletes a page; one that is not there is no error.</summary>
    public async Task DeletePageAsync(string jobId, ulong incarnation, PageKey key)
    {
        GrainState<StoredDocument> state = new();
        GrainId id = PageId(jobId, incarnation, key);
        await GuardedAsync(() => storage.ReadStateAsync("page", id, state));
        if (state.RecordExists)
            await GuardedAsync(() => storage.ClearStateAsync("page", id, state));
    }

    /// <summary>Asks for a record that nobody writes.</summary>
    public Task ProbeAsync() => GuardedAsync(() => storage.ReadStateAsync("probe", ProbeId, new GrainState<StoredDocument>()));

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
    private static async Task GuardedAsync(Func<Task> call)
    {
        try
        {
            await call();
        }
        catch (Exception exception) when (exception is not (OrleansException or StoredRecordException))
        {
            throw new OrleansException($"Storage '{StorageName}' failed: {exception.GetType().Name}: {exception.Message}");
        }
    }

    /// <summary>Reads a piece of bytes that belong to a job, from an offset to the end of the page it lies in.</summary>
    public async Task<byte[]> ReadPieceAsync(string jobId, ulong incarnation, StoredPayload payload, long offset)
    {
        if (payload.Inline is { } inline)
            return offset >= inline.Length ? [] : inline[(int)offset..];
        foreach (PagePiece piece in payload.Pieces)
        {
            if (offset < piece.Length)
            {
                byte[] page = await ReadPageAsync(jobId, incarnation, piece.Page);
                return page.AsSpan(piece.Offset + (int)offset, piece.Length - (int)offset).ToArray();
            }

            offset -= piece.Length;
        }

        return [];
    }

    /// <summary>Reads; what storage holds and cannot be decoded is told from storage that does not answer.</summary>
    private static async Task ReadAsync(string what, Func<Task> call)
    {
        await GuardedAsync(async () =>
        {
            try
            {
                await call();
            }
            catch (Exception exception) when (StorageFailures.IsUndecodable(exception))
            {
                throw new StoredRecordException($"The stored {what} is corrupt: {exception.Message}", isForGood: true, exception);
            }
        });
    }

    private static GrainId PageId(string jobId, ulong incarnation, PageKey key) =>
        GrainId.Create(PageType, string.Create(CultureInfo.InvariantCulture, $"{jobId}/{incarnation:x16}/{key.Epoch}/{key.Number}"));

    /// <summary>One document in storage, with the ETag it was last seen with.</summary>
    internal sealed class DocumentSlot<TDocument>(JobStore store, string name, GrainId id, int schema)
        where TDocument : class
    {
        private readonly GrainState<StoredDocument> _state = new(new StoredDocument());
        private readonly ulong _writer = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(8));
        private bool _mayBeAhead;

        /// <summary>Reads the document; null when there is none.</summary>
        /// <exception cref="StoredRecordException">It is of a later schema, or cannot be decoded.</exception>
        public async Task<TDocument?> ReadAsync()
        {
            await JobStore.ReadAsync($"{name} {id.Key}", () => store.Storage.ReadStateAsync(name, id, _state));
            _mayBeAhead = false;
            if (!_state.RecordExists || _state.State is not { Content.Length: > 0 } stored)
                return null;
            if (stored.Schema > schema)
            {
                throw new StoredRecordException(
                    $"The stored {name} {id.Key} has schema {stored.Schema}; this build reads up to {schema}. Run the newer build again, or forget the job.",
                    isForGood: false
                );
            }

            stored.Check($"{name} {id.Key}");
            try
            {
                return store.Serializer.Deserialize<TDocument>(stored.Content);
            }
            catch (Exception exception)
            {
                throw new StoredRecordException($"The stored {name} {id.Key} is corrupt: {exception.Message}", isForGood: true, exception);
            }
        }

        /// <summary>Writes the document if nobody else has since this slot read or wrote it.</summary>
        /// <remarks>A write that failed may have taken place all the same; the next one finds that out and goes on from there.</remarks>
        /// <exception cref="InconsistentStateException">Somebody else has.</exception>
        public async Task WriteAsync(TDocument document)
        {
            byte[] content = store.Serializer.SerializeToArray(document);
            try
            {
                await WriteAsync(content);
            }
            catch (InconsistentStateException) when (_mayBeAhead)
            {
                if (await ReconcileAsync() is null)
                    throw;
                await WriteAsync(content);
            }
        }

        /// <summary>Finds out what became of a write that failed: it may have taken place all the same.</summary>
        /// <returns>The document if it did; null when what this slot knew is still so.</returns>
        /// <exception cref="InconsistentStateException">Somebody else has written the document.</exception>
        public async Task<TDocument?> ReconcileAsync()
        {
            if (!_mayBeAhead)
                return null;
            GrainState<StoredDocument> found = new();
            await GuardedAsync(() => store.Storage.ReadStateAsync(name, id, found));
            if (found.RecordExists == _state.RecordExists && found.ETag == _state.ETag)
            {
                _mayBeAhead = false;
                return null;
            }

            if (!found.RecordExists || found.State is not { } stored || stored.Writer != _writer)
                throw new InconsistentStateException($"The stored {name} {id.Key} was written by somebody else.");
            (_state.State, _state.ETag, _state.RecordExists, _mayBeAhead) = (stored, found.ETag, true, false);
            return store.Serializer.Deserialize<TDocument>(stored.Content);
        }

        /// <summary>Deletes the document if nobody else has written it.</summary>
        public Task ClearAsync() => GuardedAsync(() => store.Storage.ClearStateAsync(name, id, _state));

        private async Task WriteAsync(byte[] content)
        {
            StoredDocument? previous = _state.State;
            _state.State = StoredDocument.Of(schema, content, _writer);
            try
            {
                await GuardedAsync(() => store.Storage.WriteStateAsync(name, id, _state));
                _mayBeAhead = false;
            }
            catch (Exception exception)
            {
                _state.State = previous!;
                _mayBeAhead |= exception is not InconsistentStateException;
                throw;
            }
        }
    }

    private IGrainStorage Storage => storage;

    private Serializer Serializer => serializer;
}
