using System.Buffers;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;
using OrleansWork.Engine.Coordination;
using OrleansWork.Engine.Storage;
using OrleansWork.Engine.Tests.Support;
using OrleansWork.Scheduling.Ledger;
using Xunit;

namespace OrleansWork.Engine.Tests.Storage;

/// <summary>What reading and writing results costs where leases of many silos end in any order.</summary>
public sealed class ResultReaderTests : IAsyncDisposable
{
    private const string JobId = "results";
    private const ulong Incarnation = 7;
    private const int Leases = 800;
    private const int UnitsPerLease = 2_000;
    private const int InFlight = 200;

    private readonly ServiceProvider _services = new ServiceCollection().AddSerializer().BuildServiceProvider();
    private readonly SharedGrainStorage _storage = new();
    private readonly JobStore _store;

    public ResultReaderTests()
    {
        Serializer serializer = _services.GetRequiredService<Serializer>();
        _store = new JobStore(_storage.For(serializer), serializer);
    }

    public ValueTask DisposeAsync() => _services.DisposeAsync();

    [Fact]
    public async Task ReadInOrder_LeasesEndedInAnyOrder_ReadsASegmentAboutAsOftenAsItHasLeases()
    {
        // Leases are granted in order and end in any: within as many as are in flight.
        int[] ended = [.. Enumerable.Range(0, Leases)];
        Random random = new(4711);
        for (int from = 0; from < Leases; from += InFlight)
            random.Shuffle(ended.AsSpan(from, InFlight));
        PayloadWriter pages = new(epoch: 1, firstPage: 0);
        SegmentIndex index = SegmentIndex.Empty;
        foreach (int[] two in ended.Chunk(2))
        {
            long[] units = [.. two.SelectMany(Units).Order()];
            index = index.Add(pages.AddSegment(Batch(units), units[0], units[^1], units.Length), pages);
        }

        foreach ((PageKey key, byte[] content) in pages.Pages)
            await _store.WritePageAsync(JobId, Incarnation, key, content);
        JobManifest manifest = Manifest() with { Results = index };

        int reads = 0;
        _storage.BeforeRead = _ => reads++;
        ResultReader reader = new(new SegmentReader(_store, JobId, Incarnation));
        long next = 0;
        ResultSlice slice;
        do
        {
            slice = await reader.ReadInOrderAsync(manifest, next);
            Assert.InRange(slice.Batch.Length, 0, 2 << 20);
            UnitResultReader results = new(slice.Batch);
            while (results.TryRead(out long unit, out ReadOnlyMemory<byte> _))
                Assert.Equal(next++, unit);
        } while (!slice.End);
        Assert.Equal(Leases * UnitsPerLease, next);

        // Once to learn what it has, and once again for each of its two leases.
        Assert.InRange(reads, index.Count / UnitsPerLease / 2, 3 * index.Count / UnitsPerLease / 2);
    }

    [Fact]
    public void AppendTo_LeasesEndedInAnyOrder_StoresResultsByUnit_AndTheSameAgainAfterAFailedWrite()
    {
        ResultLog log = new(stored: 0);
        foreach (int lease in (int[])[2, 0, 3])
            Add(log, lease);
        JobManifest manifest = Manifest();
        JobManifest first = log.AppendTo(manifest, new PayloadWriter(epoch: 1, firstPage: 0));
        Assert.Equal([.. Units(0), .. Units(2), .. Units(3)], Stored(first));

        // The write is taken for failed; more comes in before the next.
        Add(log, 1);
        JobManifest again = log.AppendTo(manifest, new PayloadWriter(epoch: 1, firstPage: 10));
        Assert.Equal([.. Units(0), .. Units(2), .. Units(3), .. Units(1)], Stored(again));

        // It took place after all: what it stored is not stored twice.
        JobManifest after = log.AppendTo(first, new PayloadWriter(epoch: 1, firstPage: 20));
        Assert.Equal(4 * UnitsPerLease, after.ResultCount);
        Assert.Equal([.. Units(0), .. Units(2), .. Units(3), .. Units(1)], Stored(after));
        log.Trim(after.ResultCount);
        Assert.Equal(0, log.PendingBytes);
    }

    private static JobManifest Manifest() =>
        new()
        {
            JobId = JobId,
            Incarnation = Incarnation,
            Kind = "any",
            Input = StoredPayload.OfInline([]),
            OptionsJson = [],
            State = JobState.Succeeded,
            UnitCount = Leases * UnitsPerLease,
            Committed = [0, Leases * UnitsPerLease],
            IsMap = true,
        };

    private static void Add(ResultLog log, int lease)
    {
        long from = lease * (long)UnitsPerLease;
        log.Add(Batch([.. Units(lease)]), [new UnitRange(from, from + UnitsPerLease)]);
    }

    private static IEnumerable<long> Units(int lease) =>
        Enumerable.Range(lease * UnitsPerLease, UnitsPerLease).Select(static unit => (long)unit);

    private static byte[] Batch(ReadOnlySpan<long> units)
    {
        ArrayBufferWriter<byte> bytes = new();
        UnitResultWriter writer = new(bytes);
        foreach (long unit in units)
            writer.Write(unit, "1"u8);
        return bytes.WrittenSpan.ToArray();
    }

    // Small enough to be in the tail of the manifest.
    private static List<long> Stored(JobManifest manifest)
    {
        List<long> units = [];
        UnitResultReader reader = new(manifest.ResultTail);
        while (reader.TryRead(out long unit, out ReadOnlyMemory<byte> _))
            units.Add(unit);
        return units;
    }
}
