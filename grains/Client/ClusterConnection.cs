using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Orleans.Runtime;
using OrleansWork.Protocol.Security;

namespace OrleansWork;

/// <summary>A client of its own to a cluster, for programs without a host. Dispose it to leave.</summary>
public sealed class ClusterConnection : IAsyncDisposable
{
    private static readonly TimeSpan LeaveTimeout = TimeSpan.FromMilliseconds(500);

    private readonly ServiceProvider _provider;

    private ClusterConnection(ServiceProvider provider, IComputeClient client)
    {
        _provider = provider;
        Client = client;
    }

    /// <summary>Gets the way in.</summary>
    public IComputeClient Client { get; }

    /// <summary>Reaches a cluster.</summary>
    /// <param name="address">Where it is.</param>
    /// <param name="configure">Changes how long calls are repeated, or null for the defaults.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="RequestException">It was not reached in time; the reason is <see cref="ErrorReason.Unavailable"/>.</exception>
    public static async Task<ClusterConnection> OpenAsync(
        ClusterAddress address,
        Action<ComputeClientOptions>? configure = null,
        CancellationToken cancellationToken = default
    )
    {
        ServiceCollection services = new();
        ConnectAttempts attempts = new(address, TimeProvider.System);
        services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.None));
        services.AddOrleansClient(client =>
        {
            client.Services.AddSingleton<IClientConnectionRetryFilter>(attempts);
            client.Configure<ClusterOptions>(options =>
            {
                options.ClusterId = address.ClusterId;
                options.ServiceId = address.ServiceId;
            });
            // A gateway that comes or goes is noticed by the next status call or two, not after the default minute.
            client.Configure<GatewayOptions>(options => options.GatewayListRefreshPeriod = TimeSpan.FromSeconds(5));
            address.Gateways(client);
            if (address.Secret is { } secret)
                client.UseClusterSecret(secret);
        });
        services.AddOrleansWorkClient(configure);

        ServiceProvider provider = services.BuildServiceProvider();
        try
        {
            await StartAsync(provider, address.ConnectTimeout, cancellationToken).WaitAsync(address.ConnectTimeout, cancellationToken);
            return new ClusterConnection(provider, provider.GetRequiredService<IComputeClient>());
        }
        catch (Exception exception)
        {
            // An attempt that hangs must not hold back the answer: what is left of it ends with the process.
            _ = provider.DisposeAsync().AsTask();
            cancellationToken.ThrowIfCancellationRequested();
            throw NotReached(
                address,
                attempts.LastFailure ?? exception,
                endedByTime: attempts.RanOut || ConnectAttempts.IsCanceled(exception)
            );
        }
    }

    /// <summary>Leaves the cluster; takes at most half a second.</summary>
    public async ValueTask DisposeAsync()
    {
        // The cluster notices a client that has gone; whatever fails here, there is nobody left to tell.
        await StopAsync(_provider).WaitAsync(LeaveTimeout).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private static async Task StartAsync(ServiceProvider provider, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using CancellationTokenSource bound = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        bound.CancelAfter(timeout);
        foreach (IHostedService service in provider.GetServices<IHostedService>())
            await service.StartAsync(bound.Token);
    }

    private static async Task StopAsync(ServiceProvider provider)
    {
        using CancellationTokenSource bound = new(LeaveTimeout);
        foreach (IHostedService service in provider.GetServices<IHostedService>().Reverse())
            await service.StopAsync(bound.Token);
        await provider.DisposeAsync();
    }

    internal static RequestException NotReached(ClusterAddress address, Exception cause, bool endedByTime)
    {
        string noAnswer = $"no answer within {Duration.Format(address.ConnectTimeout)}";
        string why =
            ConnectAttempts.FailureOf(cause) is { } failure ? WhyUntrusted(failure, address)
            : ConnectAttempts.IsCanceled(cause) ? noAnswer
            : ConnectAttempts.IsRefused(cause) ? "connection refused"
            : cause is SiloUnavailableException ? "no silo of that cluster is listed there"
            // A gateway of another cluster hangs up without a word, and so does one that was not told the secret.
            : cause.GetBaseException().Message.Contains("connection closed", StringComparison.Ordinal)
                ? address.Secret is null ? "the connection was closed at once; is the cluster id right, and is there no secret to tell?"
                    : "the connection was closed at once; is the cluster id right?"
            : endedByTime ? noAnswer
            : FirstSentence(cause.GetBaseException().Message);
        return new ClusterUnreachableException(
            $"No cluster reached at {address.Name} (cluster id {address.ClusterId}): {why}{(why.EndsWith('?') ? "" : ".")}",
            // Whoever asks whether more time might have helped looks there.
            innerException: ReferenceEquals(why, noAnswer) || ConnectAttempts.IsLate(cause) ? new TimeoutException(why, cause) : cause
        );
    }

    private static string WhyUntrusted(HandshakeFailure failure, ClusterAddress address) =>
        failure switch
        {
            HandshakeFailure.Refused => "the key is wrong: it is not that cluster's secret",
            HandshakeFailure.WrongSecret or HandshakeFailure.WrongRole =>
                "whoever listens there does not know the cluster's secret, so it is not the cluster",
            HandshakeFailure.TooSlow =>
                $"no answer within {Duration.Format(address.ConnectTimeout)}: the cluster is there and slow, or it is none",
            HandshakeFailure.OtherProtocol or HandshakeFailure.HungUp =>
                "whoever listens there hung up when it was asked for the cluster's secret: it is no silo, or one of a cluster without a secret, which ORLEANSWORK_SECRET=none says",
            _ => "the connection was refused",
        };

    private static string FirstSentence(string message)
    {
        int end = message.AsSpan().IndexOfAny('\r', '\n');
        string line = end < 0 ? message : message[..end];
        int stop = line.IndexOf(". ", StringComparison.Ordinal);
        return (stop < 0 ? line : line[..stop]).TrimEnd('.');
    }
}
