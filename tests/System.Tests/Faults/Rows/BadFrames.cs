using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using OrleansWork.SystemTests.Faults.Driver;
using OrleansWork.SystemTests.Processes;

namespace OrleansWork.SystemTests.Faults.Rows;

/// <summary>What no silo and no client says, at the ports of a silo and of the store.</summary>
internal static class BadFrames
{
    private const int Silent = 500;
    private const double MaxGrowth = 20;
    private static readonly TimeSpan s_ceiling = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);
    private static readonly byte[] s_greeting = [.. "OWAUTH1\u0001"u8, .. new byte[32]];
    private static readonly byte[] s_siloGreeting = [.. "OWAUTH1\u0002"u8, .. new byte[32]];

    /// <summary>Words to a silo or gateway port, and whether more of them come, slowly.</summary>
    private static readonly (string What, byte[] Words, bool Drips)[] s_frames =
    [
        ("nothing", [], false),
        ("one byte", [0], false),
        ("a length of 2e9", Length(2_000_000_000), false),
        ("a length of -5", Length(-5), false),
        ("a length of 0", Length(0), false),
        ("half a preamble of Orleans", [.. Length(90), .. new byte[40]], false),
        ("a preamble of Orleans, no secret", [.. Length(90), .. new byte[90]], false),
        ("HTTP", "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"u8.ToArray(), false),
        ("a TLS hello", [0x16, 0x03, 0x01, 0x00, 0xA5, 0x01, 0x00, 0x00, 0xA1, 0x03, 0x03, .. new byte[160]], false),
        ("Redis", "*1\r\n$4\r\nPING\r\n"u8.ToArray(), false),
        ("random bytes", Noise(64), false),
        ("a megabyte of random bytes", Noise(1 << 20), false),
        ("half a greeting", s_greeting[..20], false),
        ("a greeting and nothing more", s_greeting, false),
        ("a greeting for the other port", s_siloGreeting, false),
        ("a greeting and a wrong proof", [.. s_greeting, .. new byte[32]], false),
        ("a greeting and a megabyte", [.. s_greeting, .. Noise(1 << 20)], false),
        ("a greeting, byte by byte", s_greeting, true),
    ];

    private static readonly (string What, byte[] Words, bool Drips)[] s_requests =
    [
        ("nothing", [], false),
        ("one byte", "G"u8.ToArray(), false),
        ("half a request line", "GET /healthz"u8.ToArray(), false),
        ("headers without an end", "GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-A: b\r\n"u8.ToArray(), false),
        ("headers, byte by byte", "GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-A: bbbbbbbbbbbbbbbbbbbbbbbbbb\r\n"u8.ToArray(), true),
        ("a request and silence after it", "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"u8.ToArray(), false),
        ("a line of 100 KB", Encoding.ASCII.GetBytes($"GET /{new string('a', 100_000)} HTTP/1.1\r\n\r\n"), false),
        (
            "100 KB of headers",
            Encoding.ASCII.GetBytes(
                $"GET / HTTP/1.1\r\nHost: localhost\r\n{string.Concat(Enumerable.Range(0, 1000).Select(i => $"X-{i}: {new string('a', 90)}\r\n"))}\r\n"
            ),
            false
        ),
        (
            "a body of 2e9 bytes to come",
            "POST /api/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2000000000\r\n\r\n"u8.ToArray(),
            false
        ),
        ("a body of -5 bytes", "POST /api/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Length: -5\r\n\r\n"u8.ToArray(), false),
        (
            "chunks without an end",
            "POST /api/jobs HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"u8.ToArray(),
            false
        ),
        ("HTTP/2 in the clear", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray(), false),
        ("a TLS hello", [0x16, 0x03, 0x01, 0x00, 0xA5, 0x01, 0x00, 0x00, 0xA1, 0x03, 0x03, .. new byte[160]], false),
        ("random bytes", Noise(4096), false),
        ("a megabyte of random bytes", Noise(1 << 20), false),
    ];

    private static readonly (string What, byte[] Words, bool Drips)[] s_requestsOfStore =
    [
        ("nothing", [], false),
        ("one byte", "*"u8.ToArray(), false),
        ("half an AUTH", "*2\r\n$4\r\nAUTH\r\n$64\r\nabc"u8.ToArray(), false),
        ("an AUTH, byte by byte", "*2\r\n$4\r\nAUTH\r\n$64\r\nabcdefghijkl"u8.ToArray(), true),
        ("a wrong password", "*2\r\n$4\r\nAUTH\r\n$5\r\nwrong\r\n"u8.ToArray(), false),
        ("a password of 2e9 bytes to come", "*2\r\n$4\r\nAUTH\r\n$2000000000\r\n"u8.ToArray(), false),
        ("a request of 2e9 words", "*2000000000\r\n"u8.ToArray(), false),
        ("a request of -5 words", "*-5\r\n"u8.ToArray(), false),
        ("HELLO and no password", "*2\r\n$5\r\nHELLO\r\n$1\r\n3\r\n"u8.ToArray(), false),
        ("PING", "*1\r\n$4\r\nPING\r\n"u8.ToArray(), false),
        ("PING in a line", "PING\r\n"u8.ToArray(), false),
        ("HTTP", "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"u8.ToArray(), false),
        ("a TLS hello", [0x16, 0x03, 0x01, 0x00, 0xA5, 0x01, 0x00, 0x00, 0xA1, 0x03, 0x03, .. new byte[160]], false),
        ("random bytes", Noise(64), false),
        ("a megabyte of random bytes", Noise(1 << 20), false),
    ];

    /// <summary>F69: bad words, slow ones and none, all at once; 500 connections that say nothing; a job and its client beside them.</summary>
    public static async Task EveryPortAsync(FaultRun run)
    {
        FaultCluster cluster = await run.ClusterAsync(2);
        SiloProcess silo = cluster.Silos[0];
        int[] ports = [IPEndPoint.Parse(silo.EndPoint).Port, IPEndPoint.Parse(silo.Gateway).Port, silo.Http.Port, cluster.Store.Port];

        // A first round: code that was never called before is no growth.
        await RoundAsync(ports);
        MemoryWatch memory = new();
        long before = ProcessTable.ResidentBytes(silo.Pid);
        long storeBefore = ProcessTable.ResidentBytes(cluster.Store.Pid);
        memory.Add("silo", silo.Pid);
        memory.Add("store", cluster.Store.Pid);
        run.Inject($"{Silent} silent connections", () => { });
        TimeSpan[] silent = await Task.WhenAll(
            Enumerable.Range(0, Silent).Select(i => EndAsync(ports[i % ports.Length], [], drips: false))
        );
        run.Measured(
            $"F69: growth by {Silent} silent connections",
            (memory.PeakOf("silo") - before) / (double)MemoryWatch.MegaByte,
            MaxGrowth,
            "MB"
        );
        run.Measured(
            "F69: growth of the store by a quarter of them",
            (memory.PeakOf("store") - storeBefore) / (double)MemoryWatch.MegaByte,
            MaxGrowth,
            "MB"
        );
        run.Measured($"F69: the last of {Silent} silent connections closed after", silent.Max(), s_ceiling);

        List<TimeSpan> calls = [];
        RecordedJob job = await run.SubmitAsync(cluster, units: 400, milliseconds: 25);
        run.Inject("bad words at every port, twice", () => { });
        Task<IReadOnlyList<(string What, TimeSpan After)>> words = TwiceAsync(ports);
        while (!words.IsCompleted)
        {
            long asked = Stopwatch.GetTimestamp();
            await run.History.DoAsync("status", () => job.Handle.GetStatusAsync());
            calls.Add(Stopwatch.GetElapsedTime(asked));
            await Task.Delay(50);
        }

        (string worst, TimeSpan after) = (await words).MaxBy(word => word.After);
        await run.CheckAsync();
        run.Noted("F69: bad words tried", $"{2 * s_frames.Length + s_requests.Length + s_requestsOfStore.Length} kinds, each twice");
        run.Measured($"F69: the slowest to be closed ({worst})", after, s_ceiling);
        run.Measured(
            "F69: status calls beside them, 99 of 100",
            calls.Order().ElementAt((int)(0.99 * calls.Count)),
            TimeSpan.FromSeconds(1)
        );
        int lines = silo.Log.Split('\n').Count(line => line.Contains(" was closed: ", StringComparison.Ordinal));

        // Two ports, seven reasons, a line in ten seconds each.
        run.Holds("F69: the log says so and is not filled with it", $"{lines} lines", lines is >= 4 and <= 80);
    }

    private static async Task<IReadOnlyList<(string What, TimeSpan After)>> TwiceAsync(int[] ports) =>
        [.. await RoundAsync(ports), .. await RoundAsync(ports)];

    private static async Task<IReadOnlyList<(string What, TimeSpan After)>> RoundAsync(int[] ports)
    {
        List<Task<(string, TimeSpan)>> ends = [];
        for (int i = 0; i < ports.Length; i++)
        {
            (string name, (string, byte[], bool)[] said) = i switch
            {
                0 => ("silo", s_frames),
                1 => ("gateway", s_frames),
                2 => ("HTTP", s_requests),
                _ => ("store", s_requestsOfStore),
            };
            foreach ((string what, byte[] words, bool drips) in said)
                ends.Add(NamedAsync($"{what} to the {name} port", EndAsync(ports[i], words, drips)));
        }

        return await Task.WhenAll(ends);

        static async Task<(string, TimeSpan)> NamedAsync(string what, Task<TimeSpan> end) => (what, await end);
    }

    /// <summary>Connects, says something, and waits until the other side hangs up.</summary>
    private static async Task<TimeSpan> EndAsync(int port, byte[] words, bool drips)
    {
        using Socket socket = new(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, port);
        long connected = Stopwatch.GetTimestamp();
        using CancellationTokenSource limit = new(s_patience);
        TimeSpan after = s_patience;
        await Task.WhenAll(SayAsync(socket, words, drips, limit.Token), HearAsync());
        return after;

        async Task HearAsync()
        {
            if (await HangsUpAsync(socket, limit.Token))
                after = Stopwatch.GetElapsedTime(connected);
            await limit.CancelAsync();
        }
    }

    private static async Task<bool> HangsUpAsync(Socket socket, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[4096];
        try
        {
            while (await socket.ReceiveAsync(buffer, cancellationToken) > 0)
            {
                // Whatever it answers.
            }

            return true;
        }
        catch (SocketException)
        {
            // Reset.
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private static async Task SayAsync(Socket socket, byte[] words, bool drips, CancellationToken cancellationToken)
    {
        try
        {
            for (int at = 0; at < words.Length && drips; at++)
            {
                await socket.SendAsync(words.AsMemory(at, 1), cancellationToken);
                await Task.Delay(500, cancellationToken);
            }

            if (!drips && words.Length > 0)
                await socket.SendAsync(words, cancellationToken);
        }
        catch (Exception exception) when (exception is SocketException or OperationCanceledException)
        {
            // Nobody listens any more.
        }
    }

    private static byte[] Length(int length)
    {
        byte[] bytes = new byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, length);
        return bytes;
    }

    private static byte[] Noise(int count)
    {
        byte[] bytes = new byte[count];
        new Random(count).NextBytes(bytes);
        return bytes;
    }
}
