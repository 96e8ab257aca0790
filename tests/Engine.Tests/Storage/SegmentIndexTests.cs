using System.Buffers;
using System.Globalization;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;
using OrleansWork.Engine.Storage;
using OrleansWork.Engine.Tests.Support;
using Xunit;

namespace OrleansWork.Engine.Tests.Storage;

/// <summary>An index of more segments than the manifest names itself: 2,600, so that two parts of it are in pages and the rest is not.</summary>
public sealed class SegmentIndexTests : IAsyncLifetime
{
    private const string JobId = "many-segments";
    private const ulong Incarnation = 7;
    private const int Epoch = 3;
    private const int Segments = (2 * SegmentIndex.SegmentsPerIndexPage) + 552;
    private const int PerSegment = 3;
    private const int Tail = 5;
    private const int Units = (Segments * PerSegment) + Tail;

    private readonly ServiceProvider _services = new ServiceCollection().AddSerializer().BuildServiceProvider();
    private readonly List<PageKey> _written = [];
    private readonly long[] _order = [.. Enumerable.Range(0, Units).Select(i => (long)i)];
    private JobStore _store = null!;
    private JobManifest _manifest = null!;

    public async ValueTask InitializeAsync()
    {
        Serializer serializer = _services.GetRequiredService<Serializer>();
        _store = new JobStore(new SharedGrainStorage().For(serializer), serializer);

        // Units are committed nearly in order: within 500 of where they would be.
        Random random = new(4711);
        for (int from = 0; from < Units; from += 500)
            random.Shuffle(_order.AsSpan(from, Math.Min(500, Units - from)));
        PayloadWriter pages = new(Epoch, firstPage: 0);
        SegmentIndex index = SegmentIndex.Empty;
        for (int segment = 0; segment < Segments; segment++)
        {
            ReadOnlyMemory<long> units = _order.AsMemory(segment * PerSegment, PerSegment);
            index = index.Add(pages.AddSegment(Encode(units.Span), units.ToArray().Min(), units.ToArray().Max(), PerSegment), pages);
        }

        foreach ((PageKey key, byte[] content) in pages.Pages)
        {
            await _store.WritePageAsync(JobId, Incarnation, key, content);
            _written.Add(key);
        }

        _manifest = new JobManifest
        {
            JobId = JobId,
            Incarnation = Incarnation,
            Kind = "any",
            Input = StoredPayload.OfInline([]),
            OptionsJson = [],
            State = JobState.Succeeded,
            UnitCount = Units,
            Committed = [0, Units],
            IsMap = true,
            Results = index,
            ResultTail = Encode(_order.AsSpan(Segments * PerSegment)),
            ResultTailCount = Tail,
        };
    }

    public ValueTask DisposeAsync() => _services.DisposeAsync();

    [Fact]
    public void Add_ManySegments_LeavesAtMostAPageOfThemOpen()
    {
        Assert.Equal(2, _manifest.Results.Sealed.Length);
        Assert.Equal(552, _manifest.Results.Open.Length);
        Assert.Equal(Units, _manifest.ResultCount);
        Assert.All(_manifest.Results.Sealed, part => Assert.Equal(SegmentIndex.SegmentsPerIndexPage * PerSegment, part.Count));
    }

    [Fact]
    public async Task ReadStored_FromAnyPlace_GivesWhatWasStoredAfterIt()
    {
        ResultReader reader = NewReader();
        foreach (int place in (int[])[0, 1, 3071, 3072, 3073, 6143, 6144, 6145, Units - Tail - 1, Units - Tail, Units - 1])
        {
            List<long> read = [];
            ResultSlice slice;
            long cursor = place;
            do
            {
                slice = await reader.ReadStoredAsync(_manifest, cursor);
                read.AddRange(UnitsOf(slice));
                cursor = slice.Next;
            } while (!slice.End);
            Assert.Equal(_order[place..], read);
        }
    }

    [Fact]
    public async Task ReadInOrder_FromAnyUnit_GivesEveryUnitOnce()
    {
        ResultReader reader = NewReader();
        foreach (long unit in (long[])[0, 1, 1500, 3071, 3072, 6144, Units - 1])
        {
            List<long> read = [];
            ResultSlice slice;
            long cursor = unit;
            do
            {
                slice = await reader.ReadInOrderAsync(_manifest, cursor);
                read.AddRange(UnitsOf(slice));
                cursor = slice.Next;
            } while (!slice.End);
            Assert.Equal(Enumerable.Range((int)unit, Units - (int)unit).Select(i => (long)i), read);
        }
    }

    [Fact]
    public async Task Pages_OfAnIndex_AreAllThatWereWritten() =>
        Assert.Equal(
            _written.OrderBy(key => key.Number),
            (await new SegmentReader(_store, JobId, Incarnation).PagesAsync(_manifest.Results)).OrderBy(key => key.Number)
        );

    [Fact]
    public void Bytes_ReadAgain_AreTheSameIndex()
    {
        SegmentIndex again = SegmentIndex.FromBytes(_manifest.Results.ToBytes());
        Assert.Equal(_manifest.Results.Sealed, again.Sealed);
        Assert.Equal(_manifest.Results.Open, again.Open);
    }

    private ResultReader NewReader() => new(new SegmentReader(_store, JobId, Incarnation));

    private static byte[] Encode(ReadOnlySpan<long> units)
    {
        ArrayBufferWriter<byte> bytes = new();
        UnitResultWriter writer = new(bytes);
        foreach (long unit in units)
            writer.Write(unit, Json(unit));
        return bytes.WrittenSpan.ToArray();
    }

    private static byte[] Json(long unit) => Encoding.UTF8.GetBytes(unit.ToString(CultureInfo.InvariantCulture));

    private static List<long> UnitsOf(ResultSlice slice)
    {
        List<long> units = [];
        UnitResultReader reader = new(slice.Batch);
        while (reader.TryRead(out long unit, out ReadOnlyMemory<byte> json))
        {
            Assert.Equal(Json(unit), json.ToArray());
            units.Add(unit);
        }

        return units;
    }
}
