namespace OrleansWork.Http;

/// <summary>Asks a cluster by HTTP until it answers: repeats what a lost silo leaves unanswered, within a bound.</summary>
internal sealed class HttpCalls(HttpRoad road, TimeSpan retryFor, bool retryBusy, TimeProvider time)
{
    /// <summary>How long an answer may take: a silo gives up on its cluster after 10 s, and says so.</summary>
    public static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(15);

    private readonly RepeatedCalls _calls = new(retryFor, failure => MayHelp(failure, retryBusy), time, HttpRoad.PauseOf);

    /// <summary>Asks for a document.</summary>
    /// <param name="what">What is asked, for the message: "status of job 3f2a".</param>
    /// <param name="request">Makes the request, with a relative address; once an attempt, whose number from 1 it is given.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <param name="brokeOff">As in <see cref="AskAsync"/>.</param>
    /// <exception cref="RequestException">The cluster refused, or nothing answered within the bound.</exception>
    public Task<T> DocumentAsync<T>(
        string what,
        Func<int, HttpRequestMessage> request,
        CancellationToken cancellationToken,
        Action? brokeOff = null
    ) => AskAsync(what, request, AnswerTimeout, road.ReadAsync<T>, cancellationToken, brokeOff);

    /// <summary>Asks for anything.</summary>
    /// <param name="what">What is asked, for the message.</param>
    /// <param name="request">Makes the request.</param>
    /// <param name="timeout">How long an answer may take to begin.</param>
    /// <param name="read">Reads the answer, which is disposed afterwards.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <param name="brokeOff">Told when a silo took the request and broke off; what it throws ends the attempts. Or null.</param>
    /// <exception cref="RequestException">The cluster refused, or nothing answered within the bound.</exception>
    public async Task<T> AskAsync<T>(
        string what,
        Func<int, HttpRequestMessage> request,
        TimeSpan timeout,
        Func<HttpResponseMessage, CancellationToken, Task<T>> read,
        CancellationToken cancellationToken,
        Action? brokeOff = null
    )
    {
        int attempt = 0;
        return await _calls.RunAsync(
            what,
            async token =>
            {
                using HttpRequestMessage message = request(++attempt);
                try
                {
                    using HttpResponseMessage response = await road.SendAsync(message, timeout, token);
                    return await read(response, token);
                }
                catch (Exception exception) when (brokeOff is not null && HttpRoad.BrokeOff(exception))
                {
                    brokeOff();
                    throw;
                }
            },
            cancellationToken
        );
    }

    /// <summary>Asks for an answer that is read afterwards.</summary>
    /// <returns>The answer; to be disposed.</returns>
    /// <exception cref="RequestException">The cluster refused, or nothing answered within the bound.</exception>
    public Task<HttpResponseMessage> OpenAsync(string what, Func<HttpRequestMessage> request, CancellationToken cancellationToken) =>
        _calls.RunAsync(
            what,
            async token =>
            {
                using HttpRequestMessage message = request();
                return await road.SendAsync(message, AnswerTimeout, token);
            },
            cancellationToken
        );

    /// <summary>Has another silo asked from now on: this one broke off an answer.</summary>
    public void Leave(HttpResponseMessage answer)
    {
        if (answer.RequestMessage?.RequestUri is { } uri)
            road.Leave(new Uri(uri.GetLeftPart(UriPartial.Authority)));
    }

    private static bool MayHelp(Exception? exception, bool retryBusy) =>
        exception is RequestException refusal
            ? refusal.Reason == ErrorReason.Unavailable || (retryBusy && refusal.Reason == ErrorReason.Busy)
            : HttpRoad.IsBroken(exception);
}
