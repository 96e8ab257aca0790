using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Http.HttpResults;

namespace OrleansWork.Silo.Api;

/// <summary>Sends events until there are no more, the reader leaves, or the silo stops: its readers go on at another, and nobody who watches holds it back.</summary>
/// <param name="lifetime">Tells when the silo stops.</param>
internal sealed class EventStream(IHostApplicationLifetime lifetime)
{
    /// <summary>The media type of events.</summary>
    public const string MediaType = "text/event-stream";

    /// <summary>Makes the answer.</summary>
    /// <param name="events">Makes the events; its token ends them.</param>
    public ServerSentEventsResult<string> Of(Func<CancellationToken, IAsyncEnumerable<SseItem<string>>> events) =>
        TypedResults.ServerSentEvents(ReadAsync(events, lifetime.ApplicationStopping));

    private static async IAsyncEnumerable<SseItem<string>> ReadAsync(
        Func<CancellationToken, IAsyncEnumerable<SseItem<string>>> events,
        CancellationToken stopping,
        [EnumeratorCancellation] CancellationToken aborted = default
    )
    {
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(aborted, stopping);
        await using IAsyncEnumerator<SseItem<string>> items = events(either.Token).GetAsyncEnumerator(either.Token);
        while (await NextAsync(items, stopping))
            yield return items.Current;
    }

    private static async Task<bool> NextAsync(IAsyncEnumerator<SseItem<string>> items, CancellationToken stopping)
    {
        try
        {
            return await items.MoveNextAsync();
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            return false;
        }
    }
}
