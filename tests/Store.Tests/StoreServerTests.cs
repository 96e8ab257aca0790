using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansWork.Store.Files;
using OrleansWork.Store.Gate;
using OrleansWork.Store.Log;
using OrleansWork.Store.Sealing;
using OrleansWork.Store.Tests.Gate;
using StackExchange.Redis;
using Xunit;

namespace OrleansWork.Store.Tests;

/// <summary>Garnet as it is: its log is read as it writes it, and only its owner gets in.</summary>
public sealed class StoreServerTests : IDisposable
{
    private readonly StoreFolder _folder = new(Directory.CreateTempSubdirectory("ow-store-").FullName);
    private readonly int _port = FreePort();

    public void Dispose() => Directory.Delete(_folder.DataDirectory, recursive: true);

    [Fact]
    public async Task Restart_WhatWasWritten_IsSealedAndThereAgain()
    {
        string password = _folder.TakePassword();
        byte[] page = new byte[1 << 20];
        new Random(4711).NextBytes(page);
        using (await StartAsync())
        {
            await using ConnectionMultiplexer redis = await ConnectAsync(password);
            IDatabase database = redis.GetDatabase();
            await Task.WhenAll(Enumerable.Range(0, 200).Select(i => WriteAsync(database, $"job-{i % 50}", i)));

            // More than a page of the log.
            await Task.WhenAll(Enumerable.Range(0, 40).Select(i => database.StringSetAsync($"page-{i}", page)));
            await database.KeyDeleteAsync(KeyOf("job-7"));

            // Killed now, nothing acknowledged would be missing.
            Seal seal = ReadSeal();
            Assert.Equal(StoreCheck.SealedUntil(seal), seal.Committed);
            Assert.Equal(Jobs(), seal.Jobs.Spans.Keys.Order());
            StoreCheck running = StoreCheck.Run(_folder, seal);
            Assert.Empty(running.Damage);
            Assert.Equal(Jobs(), running.Jobs.Spans.Keys.Order());
        }

        Assert.True(ReadSeal().StoppedInOrder);
        StoreCheck found = StoreCheck.Run(_folder, ReadSeal());
        Assert.Empty(found.Damage);
        Assert.True(found.Committed > LogWalker.PageBytes);
        using (await StartAsync())
        {
            await using ConnectionMultiplexer redis = await ConnectAsync(password);
            IDatabase database = redis.GetDatabase();
            Assert.Equal("199", await database.HashGetAsync(KeyOf("job-49"), "data"));
            Assert.False(await database.KeyExistsAsync(KeyOf("job-7")));
            Assert.Equal(page, await database.StringGetAsync("page-39"));
            await WriteAsync(database, "job-7", 1);
            Assert.Contains("job-7", ReadSeal().Jobs.Spans.Keys);
        }

        Assert.Empty(StoreCheck.Run(_folder, ReadSeal()).Damage);

        static IEnumerable<string> Jobs() => Enumerable.Range(0, 50).Where(i => i != 7).Select(i => $"job-{i}").Order();
    }

    [Fact]
    public async Task Folder_OfTheToolThatWasBefore_OpensWithAllThatIsInIt()
    {
        string password = _folder.TakePassword();
        using (await StartAsync())
        {
            await using ConnectionMultiplexer redis = await ConnectAsync(password);
            await WriteAsync(redis.GetDatabase(), "job-1", 1);
        }

        // It had the same files, and neither a seal nor a password.
        File.Delete(_folder.Seal);
        File.Delete(_folder.PasswordFile);
        password = _folder.TakePassword();
        using (await StartAsync())
        {
            await using ConnectionMultiplexer redis = await ConnectAsync(password);
            Assert.Equal("1", await redis.GetDatabase().HashGetAsync(KeyOf("job-1"), "data"));
            Assert.Contains("job-1", ReadSeal().Jobs.Spans.Keys);
            Assert.True(ReadSeal().Committed > LogWalker.FirstAddress);
        }
    }

    [Fact]
    public async Task Client_WithoutThePassword_GetsNothing_AndTheOwnerCannotEmptyTheStore()
    {
        string password = _folder.TakePassword();
        using StoreServer server = await StartAsync();
        await using (ConnectionMultiplexer owner = await ConnectAsync(password))
        {
            await WriteAsync(owner.GetDatabase(), "job-1", 1);
            foreach (string command in (string[])["SAVE", "BGSAVE", "FLUSHALL", "FLUSHDB"])
            {
                RedisServerException refused = await Assert.ThrowsAsync<RedisServerException>(() =>
                    owner.GetDatabase().ExecuteAsync(command)
                );
                Assert.StartsWith("NOPERM", refused.Message, StringComparison.Ordinal);
            }
        }

        await Assert.ThrowsAsync<RedisConnectionException>(() => ConnectAsync("wrong"));
        foreach (
            string request in (string[])
                [
                    GreetingsTests.Request("PING"),
                    GreetingsTests.Request("HGETALL", KeyOf("job-1")),
                    GreetingsTests.Request("HELLO", "3"),
                    GreetingsTests.Request("AUTH", "wrong"),
                    "GET / HTTP/1.1\r\n\r\n",
                ]
        )
        {
            using Socket stranger = await ConnectStrangerAsync(request);
            Assert.Equal("-NOAUTH Authentication required.\r\n", await HearAsync(stranger));
        }
    }

    [Fact]
    public async Task Stranger_SilentOrHalfWay_IsClosedInTime()
    {
        _folder.TakePassword();
        using StoreServer server = await StartAsync();
        string[] beginnings = ["", "*", "*2\r\n$4\r\nAUTH\r\n", "*2\r\n$4\r\nAUTH\r\n$64\r\nabc", "*5\r\n$5\r\nHELLO\r\n"];
        List<Socket> strangers = [];
        foreach (string beginning in beginnings)
            strangers.Add(await ConnectStrangerAsync(beginning));
        string[] heard = await Task.WhenAll(strangers.Select(HearAsync)).WaitAsync(TimeSpan.FromSeconds(10));
        Assert.All(heard, Assert.Empty);
        strangers.ForEach(socket => socket.Dispose());
    }

    [Fact]
    public async Task Owner_WhileStrangersHoldConnections_GetsInAndMayBeSilent()
    {
        string password = _folder.TakePassword();
        using StoreServer server = await StartAsync();
        await using ConnectionMultiplexer before = await ConnectAsync(password);
        List<Socket> strangers = [];
        for (int i = 0; i < 500; i++)
            strangers.Add(await ConnectStrangerAsync(i % 2 == 0 ? "" : "*2\r\n$4\r\nAUTH\r\n$64\r\nabc"));
        await using (ConnectionMultiplexer owner = await ConnectAsync(password))
            await WriteAsync(owner.GetDatabase(), "job-1", 1);

        // The first ones had to make room, the last ones have their time still.
        await Task.WhenAll(strangers.Take(500 - Strangers.Most).Select(HearAsync)).WaitAsync(TimeSpan.FromSeconds(3));
        await Task.WhenAll(strangers.Select(HearAsync)).WaitAsync(TimeSpan.FromSeconds(10));
        strangers.ForEach(socket => socket.Dispose());

        // Who has said the password may be silent for as long as it likes.
        Assert.Equal("1", await before.GetDatabase().HashGetAsync(KeyOf("job-1"), "data"));
    }

    [Fact]
    public async Task Owner_WhosePasswordComesInPieces_GetsIn()
    {
        string password = _folder.TakePassword();
        using StoreServer server = await StartAsync();
        string request = GreetingsTests.Request("AUTH", password);
        using Socket owner = await ConnectStrangerAsync(request[..20]);
        owner.NoDelay = true;
        await owner.SendAsync(Encoding.ASCII.GetBytes(request[20..50]));
        await Task.Delay(200);
        await owner.SendAsync(Encoding.ASCII.GetBytes(request[50..] + GreetingsTests.Request("PING")));
        byte[] answer = new byte[12];
        using NetworkStream stream = new(owner);
        await stream.ReadExactlyAsync(answer);
        Assert.Equal("+OK\r\n+PONG\r\n", Encoding.ASCII.GetString(answer));
    }

    [Fact]
    public async Task Start_PortTaken_SaysSoAndTheStoreCanBeStartedElsewhere()
    {
        _folder.TakePassword();
        using (TcpListener taken = new(IPAddress.Loopback, _port))
        {
            taken.Start();
            SocketException refused = await Assert.ThrowsAsync<SocketException>(StartAsync);
            Assert.Equal(SocketError.AddressAlreadyInUse, refused.SocketErrorCode);
        }

        using StoreServer server = await StartAsync();
    }

    private static Task WriteAsync(IDatabase database, string job, int value) =>
        database.HashSetAsync(KeyOf(job), [new HashEntry("etag", Guid.NewGuid().ToString("N")), new HashEntry("data", value)]);

    private static string KeyOf(string job) => $"orleanswork/state/ow-job/{job}/manifest";

    private static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private Task<StoreServer> StartAsync() =>
        StoreServer.StartAsync(
            _folder,
            _port,
            StoreCheck.Run(_folder, ReadSeal()),
            NullLoggerFactory.Instance,
            TimeProvider.System,
            failure => Assert.Fail(failure.ToString()),
            TestContext.Current.CancellationToken
        );

    private async Task<Socket> ConnectStrangerAsync(string words)
    {
        Socket socket = new(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, _port);
        if (words.Length > 0)
            await socket.SendAsync(Encoding.ASCII.GetBytes(words));
        return socket;
    }

    // Until the other side hangs up.
    private static async Task<string> HearAsync(Socket socket)
    {
        StringBuilder heard = new();
        byte[] buffer = new byte[256];
        try
        {
            while (await socket.ReceiveAsync(buffer) is > 0 and int count)
                heard.Append(Encoding.ASCII.GetString(buffer, 0, count));
        }
        catch (SocketException)
        {
            // With something unread the end is a reset.
        }

        return heard.ToString();
    }

    private Task<ConnectionMultiplexer> ConnectAsync(string password) =>
        ConnectionMultiplexer.ConnectAsync($"127.0.0.1:{_port},password={password},connectRetry=1,allowAdmin=true");

    private Seal ReadSeal() =>
        SealFormat.TryRead(File.ReadAllBytes(_folder.Seal), out Seal? seal, out string? problem)
            ? seal
            : throw new InvalidDataException(problem);
}
