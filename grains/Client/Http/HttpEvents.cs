using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;

namespace OrleansWork.Http;

/// <summary>Server-sent events of a cluster, whichever silo sends them: when one breaks off, another goes on after the last event that came.</summary>
internal sealed class HttpEvents(HttpCalls calls, TimeProvider time)
{
    /// <summary>After what silence a silo counts as gone.</summary>
    private static readonly TimeSpan Silence = 3 * HttpApi.Heartbeat;

    /// <summary>The least time between two beginnings of a stream.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    /// <summary>Reads events until the caller has enough, or <see cref="HttpApi.Ended"/> comes.</summary>
    /// <param name="what">What is followed, for messages.</param>
    /// <param name="path">The relative address.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="RequestException">The cluster refused, or nothing answered within the bound.</exception>
    public async IAsyncEnumerable<SseItem<string>> ReadAsync(
        string what,
        string path,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        string? last = null;
        while (true)
        {
            long began = time.GetTimestamp();
            using HttpResponseMessage answer = await calls.OpenAsync(what, () => RequestOf(path, last), cancellationToken);
            await using Stream body = await answer.Content.ReadAsStreamAsync(cancellationToken);
            SseParser<string> parser = SseParser.Create(body);
            await using IAsyncEnumerator<SseItem<string>> events = parser
                .EnumerateAsync(cancellationToken)
                .GetAsyncEnumerator(cancellationToken);
            while (await NextAsync(events, answer, cancellationToken))
            {
                SseItem<string> item = events.Current;
                if (item.EventType == HttpApi.Ended)
                    yield break;
                last = item.EventId ?? last;
                if (item.EventType != HttpApi.Alive)
                    yield return item;
            }

            if (time.GetElapsedTime(began) is var took && took < Pause)
                await Task.Delay(Pause - took, time, cancellationToken);
        }
    }

    private static HttpRequestMessage RequestOf(string path, string? last)
    {
        HttpRequestMessage request = new(HttpMethod.Get, path);
        if (last is not null)
            request.Headers.Add(HttpApi.LastEventId, last);
        return request;
    }

    /// <summary>Waits for the next event.</summary>
    /// <returns>False when the stream has ended, broken off, or fallen silent.</returns>
    private async Task<bool> NextAsync(
        IAsyncEnumerator<SseItem<string>> events,
        HttpResponseMessage answer,
        CancellationToken cancellationToken
    )
    {
        Task<bool> next = events.MoveNextAsync().AsTask();
        try
        {
            return await next.WaitAsync(Silence, time, cancellationToken);
        }
        catch (Exception exception)
        {
            // What still waits for an event ends with its connection, and only then may its enumerator be disposed of.
            answer.Dispose();
            await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!HttpRoad.IsBroken(exception))
                throw;
            calls.Leave(answer);
            return false;
        }
    }
}
