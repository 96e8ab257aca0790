using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.IO.Pipelines;
using System.Security.Cryptography;

namespace OrleansWork.Protocol.Security;

/// <summary>Proves to each other, before Orleans says a word on a connection, that both sides know the cluster's secret.</summary>
/// <remarks>
/// <para>Four messages: the dialing side greets with its role and a nonce, the listening one answers with a nonce of its own, the dialing one
/// proves the secret, then the listening one does. A proof is an HMAC-SHA-256 over side, role, port and both nonces under the key of the role: what
/// proves a client proves no silo, and neither can be sent back or used again.</para>
/// <para>A side that listens on loopback says on which port, and the other one checks that it is the port it has dialed: whoever takes the place of a
/// silo that is gone for a moment cannot pass the words of both sides on to another silo. Off loopback, where ports may be mapped and others may sit
/// between, connections need TLS besides.</para>
/// </remarks>
internal static class ConnectionHandshake
{
    /// <summary>How long both sides give it altogether, unless they say otherwise.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(8);

    private const int NonceBytes = 32;
    private const int PortBytes = sizeof(ushort);
    private const byte Accepted = 1;
    private const byte Refused = 0;

    // Read as the length that Orleans' own preamble begins with, it is one that Orleans refuses at once; and no protocol begins so.
    private static ReadOnlySpan<byte> Magic => "OWAUTH1"u8;

    private static ReadOnlySpan<byte> Dialer => "orleanswork dialer"u8;

    private static ReadOnlySpan<byte> Listener => "orleanswork listener"u8;

    /// <summary>Is the side that has dialed.</summary>
    /// <param name="transport">The connection.</param>
    /// <param name="secret">The secret, in a form that has the role.</param>
    /// <param name="role">As what it comes.</param>
    /// <param name="dialedPort">The port that it has dialed; 0 when it knows none.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="HandshakeException">The other side did not prove the secret, or refused this one's proof.</exception>
    public static async Task DialAsync(
        IDuplexPipe transport,
        ClusterSecret secret,
        ConnectionRole role,
        int dialedPort,
        CancellationToken cancellationToken
    )
    {
        byte[] mine = RandomNumberGenerator.GetBytes(NonceBytes);
        try
        {
            await SendAsync(transport.Output, Greeting(role, mine), cancellationToken);
            byte[] theirs = await ReadGreetingAsync(transport.Input, role, cancellationToken);
            int port = BinaryPrimitives.ReadUInt16BigEndian(await ReadAsync(transport.Input, PortBytes, cancellationToken));
            if (port != 0 && dialedPort != 0 && port != dialedPort)
            {
                throw new HandshakeException(
                    HandshakeFailure.WrongSecret,
                    string.Create(CultureInfo.InvariantCulture, $"whoever listens there says that its port is {port}, which was not dialed")
                );
            }

            await SendAsync(transport.Output, Proof(secret, Dialer, role, port, mine, theirs), cancellationToken);
            byte verdict = (await ReadAsync(transport.Input, 1, cancellationToken))[0];
            if (verdict != Accepted)
                throw new HandshakeException(HandshakeFailure.Refused, "it was refused: the secret is not that cluster's");
            byte[] proof = await ReadAsync(transport.Input, HMACSHA256.HashSizeInBytes, cancellationToken);
            if (!CryptographicOperations.FixedTimeEquals(proof, Proof(secret, Listener, role, port, mine, theirs)))
                throw new HandshakeException(HandshakeFailure.WrongSecret, "whoever listens there does not know the cluster's secret");
        }
        catch (OperationCanceledException exception)
        {
            throw new HandshakeException(HandshakeFailure.TooSlow, "whoever listens there did not answer in time", exception);
        }
    }

    /// <summary>Is the side that was dialed.</summary>
    /// <param name="transport">The connection.</param>
    /// <param name="secret">The full secret, or the client's form where only clients come.</param>
    /// <param name="role">As what the other side must come.</param>
    /// <param name="port">The port that it listens on, if that is on loopback; else 0.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="HandshakeException">The other side did not prove the secret.</exception>
    public static async Task AcceptAsync(
        IDuplexPipe transport,
        ClusterSecret secret,
        ConnectionRole role,
        int port,
        CancellationToken cancellationToken
    )
    {
        byte[] mine = RandomNumberGenerator.GetBytes(NonceBytes);
        try
        {
            byte[] theirs = await ReadGreetingAsync(transport.Input, role, cancellationToken);
            byte[] portBytes = new byte[PortBytes];
            BinaryPrimitives.WriteUInt16BigEndian(portBytes, (ushort)port);
            await SendAsync(transport.Output, [.. Greeting(role, mine), .. portBytes], cancellationToken);
            byte[] proof = await ReadAsync(transport.Input, HMACSHA256.HashSizeInBytes, cancellationToken);
            if (!CryptographicOperations.FixedTimeEquals(proof, Proof(secret, Dialer, role, port, theirs, mine)))
            {
                await SendAsync(transport.Output, [Refused], cancellationToken);
                throw new HandshakeException(HandshakeFailure.WrongSecret, "it does not know the cluster's secret");
            }

            await SendAsync(transport.Output, [Accepted, .. Proof(secret, Listener, role, port, theirs, mine)], cancellationToken);
        }
        catch (OperationCanceledException exception)
        {
            throw new HandshakeException(HandshakeFailure.TooSlow, "it did not prove the cluster's secret in time", exception);
        }
    }

    private static byte[] Greeting(ConnectionRole role, byte[] nonce) => [.. Magic, (byte)role, .. nonce];

    private static byte[] Proof(
        ClusterSecret secret,
        ReadOnlySpan<byte> side,
        ConnectionRole role,
        int port,
        ReadOnlySpan<byte> dialerNonce,
        ReadOnlySpan<byte> listenerNonce
    )
    {
        Span<byte> portBytes = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(portBytes, port);
        byte[] words = [.. side, (byte)role, .. portBytes, .. dialerNonce, .. listenerNonce];
        return HMACSHA256.HashData(secret.KeyOf(role), words);
    }

    private static async ValueTask<byte[]> ReadGreetingAsync(PipeReader input, ConnectionRole role, CancellationToken cancellationToken)
    {
        byte[] greeting = await ReadAsync(input, Magic.Length + 1 + NonceBytes, cancellationToken, IsGreeting);
        return greeting[Magic.Length] == (byte)role
            ? greeting[(Magic.Length + 1)..]
            : throw new HandshakeException(
                HandshakeFailure.WrongRole,
                "it came to the port of another role: silos and clients have ports of their own"
            );
    }

    // What begins otherwise is refused with its first byte, not after the time for the rest.
    private static bool IsGreeting(ReadOnlySpan<byte> beginning) =>
        beginning.Length < Magic.Length ? Magic.StartsWith(beginning) : beginning.StartsWith(Magic);

    private static async ValueTask<byte[]> ReadAsync(
        PipeReader input,
        int count,
        CancellationToken cancellationToken,
        Func<ReadOnlySpan<byte>, bool>? mayBegin = null
    )
    {
        while (true)
        {
            ReadResult read;
            try
            {
                read = await input.ReadAsync(cancellationToken);
            }
            catch (IOException exception)
            {
                throw new HandshakeException(HandshakeFailure.HungUp, "it hung up", exception);
            }

            ReadOnlySequence<byte> buffer = read.Buffer;
            byte[] beginning = buffer.Slice(0, Math.Min(count, buffer.Length)).ToArray();
            if (mayBegin?.Invoke(beginning) == false)
            {
                input.AdvanceTo(buffer.End);
                throw new HandshakeException(HandshakeFailure.OtherProtocol, "it speaks another protocol, or knows no secret");
            }

            if (beginning.Length == count)
            {
                input.AdvanceTo(buffer.GetPosition(count));
                return beginning;
            }

            input.AdvanceTo(buffer.Start, buffer.End);
            if (read.IsCompleted || read.IsCanceled)
                throw new HandshakeException(HandshakeFailure.HungUp, "it hung up");
        }
    }

    private static async ValueTask SendAsync(PipeWriter output, byte[] bytes, CancellationToken cancellationToken)
    {
        FlushResult sent;
        try
        {
            sent = await output.WriteAsync(bytes, cancellationToken);
        }
        catch (IOException exception)
        {
            throw new HandshakeException(HandshakeFailure.HungUp, "it hung up", exception);
        }

        if (sent.IsCompleted || sent.IsCanceled)
            throw new HandshakeException(HandshakeFailure.HungUp, "it hung up");
    }
}
