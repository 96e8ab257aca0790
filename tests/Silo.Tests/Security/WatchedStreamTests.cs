using System.IO.Pipelines;
using Microsoft.Extensions.Time.Testing;
using OrleansWork.Silo.Security;

namespace OrleansWork.Silo.Tests.Security;

public sealed class WatchedStreamTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);
    private readonly FakeTimeProvider _time = new();

    // Whoever waits goes on within the call that it waits for.
    private readonly Pipe _pipe = new(
        new PipeOptions(
            readerScheduler: PipeScheduler.Inline,
            writerScheduler: PipeScheduler.Inline,
            pauseWriterThreshold: 64 << 10,
            resumeWriterThreshold: 64 << 10,
            useSynchronizationContext: false
        )
    );
    private int _stalled;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Write_ReaderThatTakesNothing_IsToldOfOnceHoweverMuchItTookBefore()
    {
        await using WatchedStream stream = Stream();
        Task reading = ReadAsync(8 << 20);
        await stream.WriteAsync(new byte[8 << 20], Token);
        await reading;

        Task writing = stream.WriteAsync(new byte[1 << 20], Token).AsTask();
        _time.Advance(s_patience - TimeSpan.FromSeconds(1));
        Assert.Equal(0, _stalled);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(1, _stalled);
        await _pipe.Reader.CompleteAsync();
        await writing;
    }

    [Fact]
    public async Task Write_ReaderThatTakesALittleInTime_IsLeftAlone()
    {
        await using WatchedStream stream = Stream();
        byte[] sent = [.. Enumerable.Range(0, 1 << 20).Select(i => (byte)(i % 251))];
        Task writing = stream.WriteAsync(sent, Token).AsTask();
        List<byte> received = [];
        while (received.Count < sent.Length)
        {
            _time.Advance(s_patience - TimeSpan.FromSeconds(1));
            received.AddRange(await TakeAsync(WatchedStream.SliceBytes));
        }

        await writing;
        Assert.Equal(0, _stalled);
        Assert.Equal(sent, received);
    }

    private WatchedStream Stream() => new(_pipe.Writer.AsStream(), _time, s_patience, () => _stalled++);

    private async Task ReadAsync(long bytes)
    {
        while (bytes > 0)
            bytes -= (await TakeAsync((int)Math.Min(bytes, 1 << 16))).Length;
    }

    private async Task<byte[]> TakeAsync(int most)
    {
        ReadResult read = await _pipe.Reader.ReadAsync(Token);
        byte[] taken = [.. System.Buffers.BuffersExtensions.ToArray(read.Buffer.Slice(0, Math.Min(most, read.Buffer.Length)))];
        _pipe.Reader.AdvanceTo(read.Buffer.GetPosition(taken.Length));
        return taken;
    }
}
