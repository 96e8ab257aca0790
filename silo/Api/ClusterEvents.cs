using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using OrleansWork.Http;
using OrleansWork.Silo.Watching;

namespace OrleansWork.Silo.Api;

/// <summary>What happens in a cluster, as server-sent events: <c>cluster</c>, <c>silo</c>, <c>status</c>, and <c>alive</c> when nothing does.</summary>
internal static class ClusterEvents
{
    /// <summary>Follows the cluster from the event on that a viewer has seen last.</summary>
    public static async IAsyncEnumerable<SseItem<string>> OfAsync(
        ClusterWatch watch,
        string? lastEventId,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        await foreach (ClusterMoment? moment in watch.FollowAsync(lastEventId, cancellationToken))
        {
            yield return moment is null
                ? new SseItem<string>("{}", HttpApi.Alive)
                : new SseItem<string>(moment.Json, NameOf(moment.Document)) { EventId = watch.IdOf(moment) };
        }
    }

    private static string NameOf(object document) =>
        document switch
        {
            ClusterStatus => "cluster",
            SiloStatus => "silo",
            JobSummary => HttpApi.Status,
            _ => throw new ArgumentOutOfRangeException(nameof(document), document, "No event has such a document."),
        };
}
