using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text.Json;

namespace OrleansWork.Http;

/// <summary>Asks the silos of a cluster by HTTP: one until it does not answer, then the next.</summary>
internal sealed class HttpRoad : IDisposable
{
    private const int LongestProblem = 64 * 1024;

    // Silos close what has been idle for 6 s: before that it is closed here, so that no request meets the end of its connection.
    private static readonly TimeSpan s_idle = TimeSpan.FromSeconds(3);

    private readonly HttpClusterAddress _address;
    private readonly HttpClient _http;
    private IReadOnlyList<Uri> _urls;
    private int _current;
    private int _asked;

    public HttpRoad(HttpClusterAddress address)
    {
        if (address.Urls.Count == 0 && address.Renew is null)
            throw new ArgumentException("Name the address of a silo at least.", nameof(address));
        _address = address;
        _urls = address.Urls;
        SocketsHttpHandler handler = new()
        {
            ConnectTimeout = address.ConnectTimeout,
            PooledConnectionIdleTimeout = s_idle,
            AllowAutoRedirect = false,
            UseCookies = false,
            // Who is on this machine is not to be asked through another one.
            UseProxy = !address.Urls.All(url => url.IsLoopback),
            ConnectCallback = address.HeldRequests > 0 ? ConnectAsync : null,
        };
        _http = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
        if (address.Key is { } key)
            _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
    }

    /// <summary>Gets the silo that is asked next; null while none is known.</summary>
    private Uri? Current => _urls is { Count: > 0 } urls ? urls[(Volatile.Read(ref _current) & int.MaxValue) % urls.Count] : null;

    /// <summary>Asks once.</summary>
    /// <param name="request">The request, with a relative address; it is sent as it is.</param>
    /// <param name="timeout">How long the answer may take to begin.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>A successful answer whose body is not read yet; to be disposed.</returns>
    /// <exception cref="RequestException">The cluster refused.</exception>
    /// <exception cref="Exception">One of <see cref="IsBroken"/>: another attempt may help.</exception>
    public async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (Current is not { } asked)
        {
            _urls = _address.Renew?.Invoke() ?? [];
            asked = Current ?? throw new HttpRequestException(HttpRequestError.ConnectionError, "No silo of the cluster is known yet.");
        }

        request.RequestUri = new Uri(asked, request.RequestUri!);
        HttpResponseMessage? response = null;
        try
        {
            using CancellationTokenSource bound = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            bound.CancelAfter(timeout);
            try
            {
                response = Holds()
                    ? _http.Send(request, HttpCompletionOption.ResponseHeadersRead, bound.Token)
                    : await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, bound.Token);
                _address.Answers?.Invoke(true);
                if (response.IsSuccessStatusCode)
                    return response;
                throw await RefusalAsync(response, bound.Token);
            }
            catch (OperationCanceledException canceled) when (!cancellationToken.IsCancellationRequested)
            {
                throw new TimeoutException($"{asked.Authority} did not answer within {Duration.Format(timeout)}.", canceled);
            }
        }
        catch (Exception exception)
        {
            response?.Dispose();
            if (IsBroken(exception))
                _address.Answers?.Invoke(false);
            if (IsBroken(exception) || exception is ClusterUnreachableException)
                Leave(asked);
            throw;
        }
    }

    /// <summary>Reads the document of an answer.</summary>
    public Task<T> ReadAsync<T>(HttpResponseMessage response, CancellationToken cancellationToken) =>
        Volatile.Read(ref _asked) <= _address.HeldRequests
            ? Task.FromResult(ReadHeld<T>(response, cancellationToken))
            : ReadFreeAsync<T>(response, cancellationToken);

    /// <summary>Asks the next silo from now on, where this one is still asked.</summary>
    public void Leave(Uri asked)
    {
        if (Current != asked)
            return;
        Interlocked.Increment(ref _current);
        // It may have been started again elsewhere.
        if (_address.Renew?.Invoke() is { Count: > 0 } urls)
            _urls = urls;
    }

    /// <summary>Returns whether a failure says of the silo that was asked that it is gone, stuck or cut off.</summary>
    public static bool IsBroken(Exception? exception) => exception is HttpRequestException or IOException or TimeoutException;

    /// <summary>Returns whether a silo took a request and then ended its connection without an answer.</summary>
    public static bool BrokeOff(Exception? exception) =>
        exception is IOException
        || exception
            is HttpRequestException
            {
                HttpRequestError: HttpRequestError.ResponseEnded or HttpRequestError.Unknown,
                InnerException: IOException
            };

    /// <summary>Returns how long a refusal says to wait; null where it does not.</summary>
    public static TimeSpan? PauseOf(Exception? exception) => exception?.Data[nameof(RetryConditionHeaderValue)] as TimeSpan?;

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    /// <summary>Connects; without letting go of its thread for a request that holds it.</summary>
    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext asked, CancellationToken cancellationToken)
    {
        Socket socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            if (Volatile.Read(ref _asked) <= _address.HeldRequests)
            {
                await using CancellationTokenRegistration canceled = cancellationToken.Register(socket.Dispose);
                socket.Connect(asked.DnsEndPoint);
            }
            else
                await socket.ConnectAsync(asked.DnsEndPoint, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            cancellationToken.ThrowIfCancellationRequested();
            throw;
        }
    }

    private bool Holds() =>
        Volatile.Read(ref _asked) <= _address.HeldRequests && Interlocked.Increment(ref _asked) <= _address.HeldRequests;

    private static T ReadHeld<T>(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        using Stream body = response.Content.ReadAsStream(cancellationToken);
        return Documents.Read<T>(body);
    }

    private static async Task<T> ReadFreeAsync<T>(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        await using Stream body = await response.Content.ReadAsStreamAsync(cancellationToken);
        return await Documents.ReadAsync<T>(body, cancellationToken);
    }

    private static async Task<RequestException> RefusalAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        int status = (int)response.StatusCode;
        ProblemDocument? problem = await ProblemAsync(response, cancellationToken);
        ErrorReason reason = ProblemTypes.ReasonOf(problem?.Type, status);
        string message = response.StatusCode switch
        {
            HttpStatusCode.Unauthorized => $"The key is wrong, or missing: {problem?.Detail ?? "the cluster asks for one."}",
            HttpStatusCode.Forbidden => $"The key's role does not allow this: {problem?.Detail ?? "ask for a key that may do more."}",
            _ => problem?.Detail ?? problem?.Title ?? $"{response.RequestMessage?.RequestUri?.Authority} answered with status {status}.",
        };
        RequestException refusal = RequestException.Of(
            reason,
            message,
            problem?.Errors?.SelectMany(field => field.Value.Select(text => new InputProblem(field.Key, text))).ToArray()
        );
        if (response.Headers.RetryAfter?.Delta is { } pause)
            refusal.Data[nameof(RetryConditionHeaderValue)] = pause;
        return refusal;
    }

    private static async Task<ProblemDocument?> ProblemAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (
            response.Content.Headers.ContentType?.MediaType != ProblemTypes.MediaType
            || response.Content.Headers.ContentLength > LongestProblem
        )
            return null;
        try
        {
            await response.Content.LoadIntoBufferAsync(LongestProblem, cancellationToken);
            await using Stream body = await response.Content.ReadAsStreamAsync(cancellationToken);
            return await JsonSerializer.DeserializeAsync<ProblemDocument>(body, OrleansWorkJson.Documents, cancellationToken);
        }
        catch (Exception exception) when (exception is JsonException or HttpRequestException or IOException)
        {
            return null;
        }
    }

    private sealed record ProblemDocument(
        string? Type,
        string? Title,
        string? Detail,
        IReadOnlyDictionary<string, IReadOnlyList<string>>? Errors
    );
}
