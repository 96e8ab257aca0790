using System.IO.Pipelines;
using CsCheck;
using OrleansWork.Protocol.Security;
using Xunit;

namespace OrleansWork.Engine.Tests.Security;

public sealed class ConnectionHandshakeTests
{
    private const int Port = 30_000;
    private static readonly ClusterSecret s_secret = ClusterSecret.Parse(ClusterSecret.Create());
    private static readonly ClusterSecret s_client = ClusterSecret.Parse(s_secret.ClientForm);
    private static readonly ClusterSecret s_other = ClusterSecret.Parse(ClusterSecret.Create());

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task BothSides_SameSecret_TrustEachOtherAndLeaveWhatFollows(bool isSilo)
    {
        ConnectionRole role = isSilo ? ConnectionRole.Silo : ConnectionRole.Client;
        DuplexPipes pipes = new();
        Task dialed = DialAsync(pipes, isSilo ? s_secret : s_client, role);
        Task accepted = AcceptAsync(pipes, s_secret, role);
        await Task.WhenAll(dialed, accepted);
        await pipes.Dialer.Output.WriteAsync("preamble"u8.ToArray(), Token);
        ReadResult read = await pipes.Listener.Input.ReadAsync(Token);
        Assert.Equal("preamble"u8.ToArray(), System.Buffers.BuffersExtensions.ToArray(read.Buffer));
    }

    [Fact]
    public async Task Listener_DialerHasAnotherSecret_RefusesAndSaysSo()
    {
        DuplexPipes pipes = new();
        Task<HandshakeFailure?> dialed = FailureAsync(DialAsync(pipes, s_other, ConnectionRole.Client));
        Assert.Equal(HandshakeFailure.WrongSecret, await FailureAsync(AcceptAsync(pipes, s_secret, ConnectionRole.Client)));
        Assert.Equal(HandshakeFailure.Refused, await dialed);
    }

    [Fact]
    public async Task Silo_WithTheClientsFormOnly_GetsNoWordOut()
    {
        DuplexPipes pipes = new();
        Task accepted = AcceptAsync(pipes, s_secret, ConnectionRole.Silo);
        await Assert.ThrowsAsync<InvalidOperationException>(() => DialAsync(pipes, s_client, ConnectionRole.Silo));
        await pipes.Dialer.Output.CompleteAsync();
        Assert.Equal(HandshakeFailure.HungUp, await FailureAsync(accepted));
    }

    [Fact]
    public async Task Client_AtThePortForSilos_IsRefused()
    {
        DuplexPipes pipes = new();
        _ = FailureAsync(DialAsync(pipes, s_client, ConnectionRole.Client));
        Assert.Equal(HandshakeFailure.WrongRole, await FailureAsync(AcceptAsync(pipes, s_secret, ConnectionRole.Silo)));
    }

    [Fact]
    public async Task Dialer_ListenerKnowsNoSecret_DoesNotBelieveIt()
    {
        // One that lets everybody in, to hear what clients say.
        DuplexPipes pipes = new();
        Task<HandshakeFailure?> dialed = FailureAsync(DialAsync(pipes, s_client, ConnectionRole.Client));
        byte[] greeting = await TakeAsync(pipes.Listener.Input, 40);
        await pipes.Listener.Output.WriteAsync((byte[])[.. greeting, 0, 0], Token);
        await TakeAsync(pipes.Listener.Input, 32);
        await pipes.Listener.Output.WriteAsync((byte[])[1, .. new byte[32]], Token);
        Assert.Equal(HandshakeFailure.WrongSecret, await dialed);
    }

    [Fact]
    public async Task Dialer_ItsOwnWordsSentBack_DoesNotBelieveThem()
    {
        DuplexPipes pipes = new();
        Task<HandshakeFailure?> dialed = FailureAsync(DialAsync(pipes, s_client, ConnectionRole.Client));
        byte[] greeting = await TakeAsync(pipes.Listener.Input, 40);
        await pipes.Listener.Output.WriteAsync((byte[])[.. greeting, 0, 0], Token);
        byte[] proof = await TakeAsync(pipes.Listener.Input, 32);
        await pipes.Listener.Output.WriteAsync((byte[])[1, .. proof], Token);
        Assert.Equal(HandshakeFailure.WrongSecret, await dialed);
    }

    [Fact]
    public async Task Dialer_WordsOfASiloOnAnotherPortPassedOn_DoesNotBelieveThem()
    {
        DuplexPipes pipes = new();
        Task<HandshakeFailure?> dialed = FailureAsync(DialAsync(pipes, s_client, ConnectionRole.Client, Port + 1));
        Task<HandshakeFailure?> accepted = FailureAsync(AcceptAsync(pipes, s_secret, ConnectionRole.Client));
        Assert.Equal(HandshakeFailure.WrongSecret, await dialed);
        await pipes.Dialer.Output.CompleteAsync();
        Assert.Equal(HandshakeFailure.HungUp, await accepted);
    }

    [Fact]
    public Task Listener_ProofOfAnEarlierConnection_IsRefused()
    {
        return AssertReplayAsync();

        async Task AssertReplayAsync()
        {
            DuplexPipes first = new();
            Task accepted = AcceptAsync(first, s_secret, ConnectionRole.Client);
            DuplexPipes tap = new();
            Task dialed = DialAsync(tap, s_client, ConnectionRole.Client);
            byte[] greeting = await TakeAsync(tap.Listener.Input, 40);
            await first.Dialer.Output.WriteAsync(greeting, Token);
            await tap.Listener.Output.WriteAsync(await TakeAsync(first.Dialer.Input, 42), Token);
            byte[] proof = await TakeAsync(tap.Listener.Input, 32);
            await first.Dialer.Output.WriteAsync(proof, Token);
            await tap.Listener.Output.WriteAsync(await TakeAsync(first.Dialer.Input, 33), Token);
            await Task.WhenAll(dialed, accepted);

            DuplexPipes second = new();
            await second.Dialer.Output.WriteAsync((byte[])[.. greeting, .. proof], Token);
            Assert.Equal(HandshakeFailure.WrongSecret, await FailureAsync(AcceptAsync(second, s_secret, ConnectionRole.Client)));
        }
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\n")]
    [InlineData("\u0016\u0003\u0001")]
    [InlineData("OWAUTH2 ")]
    [InlineData("\0")]
    public async Task Listener_AnotherProtocol_IsRefusedAtOnce(string words)
    {
        DuplexPipes pipes = new();
        await pipes.Dialer.Output.WriteAsync(System.Text.Encoding.Latin1.GetBytes(words), Token);
        Assert.Equal(HandshakeFailure.OtherProtocol, await FailureAsync(AcceptAsync(pipes, s_secret, ConnectionRole.Client)));
    }

    [Fact]
    public async Task Listener_WordsThatDoNotGoOn_EndsWithItsTime()
    {
        DuplexPipes pipes = new();
        using CancellationTokenSource limit = new();
        await pipes.Dialer.Output.WriteAsync("OWAU"u8.ToArray(), Token);
        Task<HandshakeFailure?> accepted = FailureAsync(
            ConnectionHandshake.AcceptAsync(pipes.Listener, s_secret, ConnectionRole.Client, Port, limit.Token)
        );
        Assert.False(accepted.IsCompleted);
        await limit.CancelAsync();
        Assert.Equal(HandshakeFailure.TooSlow, await accepted);
    }

    [Fact]
    public async Task BothSides_AnyBitOfAnyWordChanged_NeverBothTrust()
    {
        // 40 greeting, 42 answer, 32 proof, 33 verdict: every byte of the conversation is one that counts.
        await Gen.Select(Gen.Int[0, 146], Gen.Int[0, 7])
            .SampleAsync(
                async (at, bit) =>
                {
                    DuplexPipes dialer = new();
                    DuplexPipes listener = new();
                    Task<HandshakeFailure?> dialed = FailureAsync(DialAsync(dialer, s_client, ConnectionRole.Client));
                    Task<HandshakeFailure?> accepted = FailureAsync(AcceptAsync(listener, s_secret, ConnectionRole.Client));
                    int position = 0;
                    try
                    {
                        await PassAsync(dialer.Listener.Input, listener.Dialer.Output, 40);
                        await PassAsync(listener.Dialer.Input, dialer.Listener.Output, 42);
                        await PassAsync(dialer.Listener.Input, listener.Dialer.Output, 32);
                        await PassAsync(listener.Dialer.Input, dialer.Listener.Output, 33);
                    }
                    catch (EndOfStreamException)
                    {
                        // A side has given up.
                    }

                    await dialer.Listener.Output.CompleteAsync();
                    await listener.Dialer.Output.CompleteAsync();
                    return await dialed is not null || await accepted is not null;

                    async Task PassAsync(PipeReader from, PipeWriter to, int count)
                    {
                        byte[] words = await TakeAsync(from, count, dialed, accepted);
                        if (at >= position && at < position + count)
                            words[at - position] ^= (byte)(1 << bit);
                        position += count;
                        await to.WriteAsync(words, Token);
                    }
                },
                iter: 400,
                threads: 1
            );
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static Task DialAsync(DuplexPipes pipes, ClusterSecret secret, ConnectionRole role, int port = Port) =>
        ConnectionHandshake.DialAsync(pipes.Dialer, secret, role, port, Token);

    private static Task AcceptAsync(DuplexPipes pipes, ClusterSecret secret, ConnectionRole role) =>
        ConnectionHandshake.AcceptAsync(pipes.Listener, secret, role, Port, Token);

    private static async Task<HandshakeFailure?> FailureAsync(Task side)
    {
        try
        {
            await side;
            return null;
        }
        catch (HandshakeException exception)
        {
            return exception.Failure;
        }
    }

    private static async Task<bool> HasFailedAsync(Task<HandshakeFailure?>[] sides)
    {
        foreach (Task<HandshakeFailure?> side in sides.Where(side => side.IsCompleted))
        {
            if (await side is not null)
                return true;
        }

        return false;
    }

    /// <summary>Takes some bytes; gives up when one of the sides has.</summary>
    private static async Task<byte[]> TakeAsync(PipeReader reader, int count, params Task<HandshakeFailure?>[] sides)
    {
        while (true)
        {
            ValueTask<ReadResult> reading = reader.ReadAtLeastAsync(count, Token);
            Task<ReadResult> read = reading.AsTask();
            while (!read.IsCompleted && sides.Length > 0)
            {
                await Task.WhenAny([read, .. sides]);
                if (!read.IsCompleted && await HasFailedAsync(sides))
                {
                    reader.CancelPendingRead();
                    await read;
                    throw new EndOfStreamException();
                }

                if (sides.All(side => side.IsCompleted))
                    break;
            }

            ReadResult result = await read;
            if (result.Buffer.Length < count)
                throw new EndOfStreamException();
            byte[] taken = System.Buffers.BuffersExtensions.ToArray(result.Buffer.Slice(0, count));
            reader.AdvanceTo(result.Buffer.GetPosition(count));
            return taken;
        }
    }
}
