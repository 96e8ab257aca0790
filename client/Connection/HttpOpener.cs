using OrleansWork.Console.LocalCluster;
using OrleansWork.Http;

namespace OrleansWork.Console.Connection;

/// <summary>The road by HTTP, over which nothing of Orleans is loaded.</summary>
/// <param name="settings">Where the cluster is.</param>
/// <param name="time">The time.</param>
internal sealed class HttpOpener(ConnectionSettings settings, TimeProvider time)
    : ClusterOpener(
        settings.Directory is { } directory ? new DirectoryWatch(directory, time) : new PortWatch([.. settings.Urls.Select(PortOf)], time)
    )
{
    private static readonly TimeSpan s_usualTimeout = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan s_usualRefusedTimeout = TimeSpan.FromSeconds(2);

    // Whether anybody answers, and what the command asks.
    private const int HeldRequests = 2;

    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(100);

    public override string Name =>
        settings.Directory ?? string.Join(',', settings.Urls.Select(url => url.GetLeftPart(UriPartial.Authority)));

    public override async Task<ClusterLink> OpenAsync(TimeSpan? patience, CancellationToken cancellationToken)
    {
        TimeSpan timeout = patience ?? settings.ConnectTimeout ?? s_usualTimeout;
        TimeSpan refusedTimeout = patience ?? s_usualRefusedTimeout;
        HttpComputeClient client = new(AddressOf(), time: time);
        try
        {
            await KnockAsync(client, timeout, refusedTimeout < timeout ? refusedTimeout : timeout, cancellationToken);
            return new ClusterLink(client, client, Watch);
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    private HttpClusterAddress AddressOf()
    {
        if (settings.Directory is not { } directory)
        {
            return new HttpClusterAddress
            {
                Urls = settings.Urls,
                Key = settings.Key,
                HeldRequests = HeldRequests,
                Answers = isAnswered => ((PortWatch)Watch!).Heard(isAnswered),
            };
        }

        // What a supervisor starts again has the same key; where it answers is read again when it does not.
        return new HttpClusterAddress
        {
            Urls = UrlsOf(directory),
            Key = settings.Key ?? ClusterDescription.Read(directory)?.Key,
            HeldRequests = HeldRequests,
            Renew = () => UrlsOf(directory),
        };
    }

    private async Task KnockAsync(HttpComputeClient client, TimeSpan timeout, TimeSpan refusedTimeout, CancellationToken cancellationToken)
    {
        long started = time.GetTimestamp();
        while (true)
        {
            TimeSpan left = timeout - time.GetElapsedTime(started);
            Exception failure;
            try
            {
                await client.KnockAsync(left > s_pause ? left : s_pause, cancellationToken);
                return;
            }
            catch (Exception exception) when (HttpRoad.IsBroken(exception) || exception is ClusterUnreachableException)
            {
                failure = exception;
            }

            bool isRefused = failure is HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError };
            if (time.GetElapsedTime(started) >= (isRefused ? refusedTimeout : timeout))
                throw NotReached(failure, isRefused, timeout);
            await Task.Delay(s_pause, time, cancellationToken);
        }
    }

    private ClusterUnreachableException NotReached(Exception failure, bool isRefused, TimeSpan timeout)
    {
        string noAnswer = $"no answer within {Duration.Format(timeout)}";
        string why = failure switch
        {
            _ when isRefused => "connection refused: nothing listens there",
            TimeoutException => noAnswer,
            HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError } => "the name of the host is not known",
            HttpRequestException { HttpRequestError: HttpRequestError.InvalidResponse or HttpRequestError.ResponseEnded } =>
                "whoever listens there does not speak HTTP",
            ClusterUnreachableException unavailable => $"the silo answers, its cluster does not: {unavailable.Message.TrimEnd('.')}",
            _ => failure.Message.TrimEnd('.'),
        };
        return new ClusterUnreachableException($"No cluster reached at {Name}: {why}.", failure is TimeoutException ? failure : null);
    }

    private static IReadOnlyList<Uri> UrlsOf(string directory) => ClusterDescription.Read(directory)?.Urls ?? [];

    private static string PortOf(Uri url) => $"{url.Host}:{url.Port}";
}
