using System.Net;
using System.Net.Sockets;
using System.Text;

namespace OrleansWork.Console.LocalCluster;

/// <summary>Speaks the few words of the Redis protocol that a supervisor needs.</summary>
internal static class StoreProbe
{
    private static readonly TimeSpan PollPeriod = TimeSpan.FromMilliseconds(20);

    /// <summary>Waits until the store answers.</summary>
    public static async Task WaitAsync(int port, CancellationToken cancellationToken)
    {
        while (await AskAsync(port, "PING", cancellationToken).ConfigureAwait(false) is not "+PONG")
            await Task.Delay(PollPeriod, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Sends one command.</summary>
    /// <returns>The first line of the answer, or null when there was none within a second.</returns>
    public static async Task<string?> AskAsync(int port, string command, CancellationToken cancellationToken)
    {
        using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(TimeSpan.FromSeconds(1));
        try
        {
            using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), patience.Token).ConfigureAwait(false);
            await using NetworkStream stream = new(socket);
            await stream.WriteAsync(Encode(command.Split(' ')), patience.Token).ConfigureAwait(false);
            using StreamReader reader = new(stream);
            return await reader.ReadLineAsync(patience.Token).ConfigureAwait(false);
        }
        catch (Exception e)
            when (e is SocketException or IOException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return null;
        }
    }

    // An array of bulk strings (RESP2).
    private static byte[] Encode(string[] words) =>
        Encoding.UTF8.GetBytes($"*{words.Length}\r\n" + string.Concat(words.Select(w => $"${Encoding.UTF8.GetByteCount(w)}\r\n{w}\r\n")));
}
