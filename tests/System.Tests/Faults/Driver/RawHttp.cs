using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace OrleansWork.SystemTests.Faults.Driver;

/// <summary>HTTP as bytes on a connection of its own: what no client library would send.</summary>
internal static class RawHttp
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    /// <summary>Connects to a port of this machine.</summary>
    /// <param name="port">The port.</param>
    /// <param name="receiveBytes">How much the kernel keeps of what is not read; null for its default.</param>
    public static async Task<Socket> ConnectAsync(int port, int? receiveBytes = null)
    {
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            if (receiveBytes is { } bytes)
                socket.ReceiveBufferSize = bytes;
            await socket.ConnectAsync(IPAddress.Loopback, port);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Says something and returns what is answered until the other side hangs up, at most 64 KB; each byte as a character.</summary>
    /// <param name="port">The port.</param>
    /// <param name="words">What is said.</param>
    /// <param name="silence">After what time to say that nothing follows, which ends what is not answered yet; null for never.</param>
    public static async Task<string> AskAsync(int port, ReadOnlyMemory<byte> words, TimeSpan? silence = null)
    {
        using Socket socket = await ConnectAsync(port);
        using CancellationTokenSource bound = new(s_patience);
        byte[] buffer = new byte[64 << 10];
        int length = 0;
        try
        {
            await SendAsync(socket, words, bound.Token);
            await using ITimer? hurry = silence is { } wait
                ? TimeProvider.System.CreateTimer(_ => SayNoMore(socket), state: null, wait, Timeout.InfiniteTimeSpan)
                : null;
            while (length < buffer.Length && await socket.ReceiveAsync(buffer.AsMemory(length), bound.Token) is > 0 and int count)
                length += count;
        }
        catch (Exception exception) when (exception is SocketException or OperationCanceledException)
        {
            // Reset, which is an answer, too; or it goes on for ever.
        }

        return Encoding.Latin1.GetString(buffer, 0, length);
    }

    /// <summary>Returns the bytes of a request; the text's characters are its bytes.</summary>
    /// <param name="line">Method and path.</param>
    /// <param name="host">The name by which the silo is called.</param>
    /// <param name="headers">Other headers, each with its end of line.</param>
    /// <param name="body">The body, if any.</param>
    public static byte[] Request(string line, string host, string headers, string? body = null)
    {
        string length = body is null
            ? ""
            : string.Create(CultureInfo.InvariantCulture, $"Content-Length: {Encoding.UTF8.GetByteCount(body)}\r\n");
        return
        [
            .. Encoding.Latin1.GetBytes($"{line} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{headers}{length}\r\n"),
            .. Encoding.UTF8.GetBytes(body ?? ""),
        ];
    }

    /// <summary>Returns the status code of an answer; 0 when there is none.</summary>
    public static int StatusOf(string answer) =>
        answer.StartsWith("HTTP/1.1 ", StringComparison.Ordinal)
        && answer.Length >= 12
        && int.TryParse(answer.AsSpan(9, 3), NumberStyles.None, CultureInfo.InvariantCulture, out int status)
            ? status
            : 0;

    private static void SayNoMore(Socket socket)
    {
        try
        {
            socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // It is over already.
        }
    }

    private static async Task SendAsync(Socket socket, ReadOnlyMemory<byte> words, CancellationToken cancellationToken)
    {
        for (int at = 0; at < words.Length; )
            at += await socket.SendAsync(words[at..], cancellationToken);
    }
}
