using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace OrleansWork.Store;

/// <summary>Speaks the few words of the Redis protocol that the owner of a store needs, to a server on loopback.</summary>
internal sealed class RespConnection : IDisposable
{
    private readonly Socket _socket;
    private readonly NetworkStream _stream;
    private readonly StreamReader _reader;

    private RespConnection(Socket socket)
    {
        _socket = socket;
        _stream = new NetworkStream(socket);
        _reader = new StreamReader(_stream, Encoding.UTF8);
    }

    /// <summary>Connects and proves to be the owner.</summary>
    /// <exception cref="IOException">The server refuses the password, or goes away.</exception>
    /// <exception cref="SocketException">Nobody listens.</exception>
    public static async Task<RespConnection> OpenAsync(int port, string password, CancellationToken cancellationToken)
    {
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), cancellationToken);
            RespConnection connection = new(socket);
            await connection.AskAsync(cancellationToken, "AUTH", password);
            return connection;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Sends a command.</summary>
    /// <returns>The answer, if it is one text or number; null for nothing.</returns>
    /// <exception cref="IOException">The server answers with an error, or goes away.</exception>
    public async Task<string?> AskAsync(CancellationToken cancellationToken, params string[] words)
    {
        string request = $"*{words.Length}\r\n" + string.Concat(words.Select(word => $"${Encoding.UTF8.GetByteCount(word)}\r\n{word}\r\n"));
        await _stream.WriteAsync(Encoding.UTF8.GetBytes(request), cancellationToken);
        string answer = await ReadLineAsync(cancellationToken);
        string rest = answer[1..];
        switch (answer[0])
        {
            case '-':
                throw new IOException($"The store refuses {words[0]}: {rest}");
            case '$' when int.Parse(rest, CultureInfo.InvariantCulture) is >= 0 and int length:
                return await ReadTextAsync(length, cancellationToken);
            case '$' or '_':
                return null;
            default:
                return rest;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _reader.Dispose();
        _stream.Dispose();
        _socket.Dispose();
    }

    private async Task<string> ReadLineAsync(CancellationToken cancellationToken) =>
        await _reader.ReadLineAsync(cancellationToken) is { Length: > 0 } line
            ? line
            : throw new IOException("The store closed the connection.");

    // A text of several lines, in bytes; the owner asks for texts in ASCII alone.
    private async Task<string> ReadTextAsync(int length, CancellationToken cancellationToken)
    {
        char[] text = new char[length + 2];
        if (await _reader.ReadBlockAsync(text, cancellationToken) < text.Length)
            throw new IOException("The store closed the connection.");
        return new string(text, 0, length);
    }
}
