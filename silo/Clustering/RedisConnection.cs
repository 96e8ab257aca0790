using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using StackExchange.Redis;

namespace OrleansWork.Silo.Clustering;

/// <summary>The silo's own connection to Redis: waits for the server at start, asks it for life afterwards.</summary>
internal sealed class RedisConnection : IAsyncDisposable
{
    /// <summary>How long a silo waits at start for a server that does not answer: a supervisor starts both at once.</summary>
    public static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan PollPeriod = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan PingTimeout = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LockTimeout = TimeSpan.FromSeconds(1);
    private readonly ConnectionMultiplexer _multiplexer;

    private RedisConnection(ConnectionMultiplexer multiplexer) => _multiplexer = multiplexer;

    /// <summary>Connects as soon as one of the servers listens.</summary>
    /// <exception cref="RedisUnreachableException">None did within <see cref="StartTimeout"/>.</exception>
    public static async Task<RedisConnection> OpenAsync(ConfigurationOptions options, CancellationToken cancellationToken)
    {
        using CancellationTokenSource timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(StartTimeout);
        string servers = string.Join(
            ", ",
            options.EndPoints.Select(e => e.ToString()!.Replace("Unspecified/", "", StringComparison.Ordinal))
        );
        string last = "no answer";
        while (true)
        {
            try
            {
                await ListeningAsync(options.EndPoints, timeout.Token);
                ConfigurationOptions own = options.Clone();
                own.AbortOnConnectFail = true;
                ConnectionMultiplexer multiplexer = await ConnectionMultiplexer.ConnectAsync(own).WaitAsync(timeout.Token);
                return new RedisConnection(multiplexer);
            }
            catch (Exception exception) when (exception is SocketException or RedisConnectionException)
            {
                last = exception.Message;
                await Task.Delay(PollPeriod, CancellationToken.None);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                throw new RedisUnreachableException(
                    $"Redis at {servers} (OrleansWork:Redis) was not reached within {StartTimeout.TotalSeconds:0} s: {last}"
                );
            }
        }
    }

    /// <summary>Asks the server for life.</summary>
    /// <returns>Null when it answered within two seconds, else why not.</returns>
    public async Task<string?> PingAsync()
    {
        try
        {
            await _multiplexer.GetDatabase().PingAsync().WaitAsync(PingTimeout);
            return null;
        }
        catch (Exception exception) when (IsNoAnswer(exception))
        {
            return exception is TimeoutException
                ? $"Redis did not answer within {PingTimeout.TotalSeconds:0} s"
                : $"Redis is not reachable ({exception.GetType().Name})";
        }
    }

    /// <summary>Reads what the clocks of a cluster say: the server's and its active silos'.</summary>
    /// <remarks>A server that does not answer leaves them unknown.</remarks>
    public async Task<ClusterClock> ReadClockAsync(string serviceId, string clusterId)
    {
        try
        {
            IDatabase database = _multiplexer.GetDatabase();
            Task<RedisResult> server = database.ExecuteAsync("TIME");
            Task<HashEntry[]> silos = database.HashGetAllAsync($"{serviceId}/members/{clusterId}");
            await Task.WhenAll(server, silos).WaitAsync(PingTimeout);
            IEnumerable<DateTimeOffset?> signs = (await silos).Select(row => ClusterClock.LastSignOfLife(row.Value.ToString()));
            long seconds = (long)(await server)[0];
            return new ClusterClock([DateTimeOffset.FromUnixTimeSeconds(seconds), .. signs.OfType<DateTimeOffset>()]);
        }
        catch (Exception exception) when (IsNoAnswer(exception))
        {
            return new ClusterClock([]);
        }
    }

    /// <summary>Takes a lock that ends by itself.</summary>
    /// <returns>Whether it was free; null when the server did not say so within a second.</returns>
    public async Task<bool?> TryLockAsync(string key, string owner, TimeSpan length)
    {
        try
        {
            return await _multiplexer.GetDatabase().LockTakeAsync(key, owner, length).WaitAsync(LockTimeout);
        }
        catch (Exception exception) when (IsNoAnswer(exception))
        {
            return null;
        }
    }

    /// <summary>Gives a lock back, if its owner still has it.</summary>
    public async Task UnlockAsync(string key, string owner)
    {
        try
        {
            await _multiplexer.GetDatabase().LockReleaseAsync(key, owner).WaitAsync(LockTimeout);
        }
        catch (Exception exception) when (IsNoAnswer(exception))
        {
            // It ends by itself.
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _multiplexer.DisposeAsync();

    private static bool IsNoAnswer(Exception exception) => exception is RedisException or TimeoutException or ObjectDisposedException;

    // A refused connection costs a multiplexer seconds of its own retries; a bare socket asks in no time.
    private static async Task ListeningAsync(EndPointCollection endPoints, CancellationToken cancellationToken)
    {
        for (long started = Stopwatch.GetTimestamp(); ; )
        {
            foreach (EndPoint endPoint in endPoints)
            {
                try
                {
                    using Socket socket = new(SocketType.Stream, ProtocolType.Tcp);
                    await socket.ConnectAsync(endPoint, cancellationToken);
                    return;
                }
                catch (SocketException) when (Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(1))
                {
                    // Not yet.
                }
            }

            await Task.Delay(PollPeriod, cancellationToken);
        }
    }
}
