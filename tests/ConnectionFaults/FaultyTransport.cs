using System.Buffers;
using System.Diagnostics;
using System.IO.Pipelines;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;

namespace OrleansWork.ConnectionFaults;

/// <summary>Puts itself between a connection and its socket: what comes is handed on when its time has come and the line is not cut.</summary>
internal sealed class FaultyTransport : IDuplexPipe, IDisposable
{
    private static readonly TimeSpan CutPeriod = TimeSpan.FromMilliseconds(20);
    private readonly ConnectionContext _connection;
    private readonly FaultRules _rules;
    private readonly bool _isOutbound;
    private readonly string? _peer;
    private readonly Pipe _incoming = new();
    private readonly Pipe _outgoing = new();
    private readonly CancellationTokenSource _ended = new();

    public FaultyTransport(ConnectionContext connection, FaultRules rules, bool isOutbound)
    {
        (_connection, _rules, _isOutbound) = (connection, rules, isOutbound);

        // Who opened an incoming connection is not known; the other side cuts its own end of it.
        _peer = isOutbound ? connection.RemoteEndPoint?.ToString() : null;
    }

    /// <inheritdoc/>
    public PipeReader Input => _incoming.Reader;

    /// <inheritdoc/>
    public PipeWriter Output => _outgoing.Writer;

    /// <summary>Runs the connection behind this.</summary>
    public async Task RunAsync(ConnectionDelegate next)
    {
        IDuplexPipe socket = _connection.Transport;
        _connection.Transport = this;
        Task pumps = Task.WhenAll(
            PumpAsync(socket.Input, _incoming.Writer, incoming: true),
            PumpAsync(_outgoing.Reader, socket.Output, incoming: false),
            WatchResetAsync()
        );
        try
        {
            await next(_connection);
        }
        finally
        {
            await _incoming.Reader.CompleteAsync();
            await _outgoing.Writer.CompleteAsync();
            await _ended.CancelAsync();
            socket.Input.CancelPendingRead();
            await pumps.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _connection.Transport = socket;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _ended.Dispose();

    private async Task PumpAsync(PipeReader from, PipeWriter to, bool incoming)
    {
        // Bounded: a line that is cut pushes back, as a socket does.
        Channel<(long Due, byte[] Bytes)> way = Channel.CreateBounded<(long, byte[])>(4096);
        Task writing = WriteAsync(way.Reader, to, incoming);
        Exception? failure = null;
        try
        {
            while (true)
            {
                ReadResult read = await from.ReadAsync(_ended.Token);
                if (!read.Buffer.IsEmpty)
                {
                    long due = Stopwatch.GetTimestamp() + (long)(_rules.DelayOf(_isOutbound).TotalSeconds * Stopwatch.Frequency);
                    await way.Writer.WriteAsync((due, read.Buffer.ToArray()), _ended.Token);
                }

                from.AdvanceTo(read.Buffer.End);
                if (read.IsCompleted || read.IsCanceled)
                    break;
            }
        }
        catch (Exception exception)
        {
            failure = exception is OperationCanceledException ? null : exception;
        }

        way.Writer.Complete();
        await writing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await from.CompleteAsync(failure);
        await to.CompleteAsync(failure);
    }

    private async Task WriteAsync(ChannelReader<(long Due, byte[] Bytes)> way, PipeWriter to, bool incoming)
    {
        await foreach ((long due, byte[] bytes) in way.ReadAllAsync(_ended.Token))
        {
            TimeSpan early = TimeSpan.FromSeconds((double)(due - Stopwatch.GetTimestamp()) / Stopwatch.Frequency);
            if (early > TimeSpan.Zero)
                await Task.Delay(early, _ended.Token);
            while (_rules.IsCut(_peer, incoming))
                await Task.Delay(CutPeriod, _ended.Token);
            FlushResult flushed = await to.WriteAsync(bytes, _ended.Token);
            if (flushed.IsCompleted)
                return;
        }
    }

    private async Task WatchResetAsync()
    {
        for (string before = _rules.Reset; !_ended.IsCancellationRequested; await Task.Delay(CutPeriod, _ended.Token))
        {
            if (_rules.Reset == before)
                continue;
            _connection.Abort();
            return;
        }
    }
}
