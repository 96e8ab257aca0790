using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;
using OrleansWork.Http;
using OrleansWork.Silo.Watching;

namespace OrleansWork.Silo.Api;

/// <summary>What happens in a cluster, as server-sent events: <c>cluster</c>, <c>silo</c>, <c>status</c>, and <c>alive</c> when nothing does.</summary>
internal static class ClusterEvents
{
    /// <summary>Makes the events of a cluster's moments.</summary>
    public static async IAsyncEnumerable<SseItem<string>> OfAsync(
        IAsyncEnumerable<ClusterMoment?> moments,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        await foreach (ClusterMoment? moment in moments.WithCancellation(cancellationToken))
        {
            yield return moment is null
                ? new SseItem<string>("{}", HttpApi.Alive)
                : new SseItem<string>(
                    JsonSerializer.Serialize(moment.Document, moment.Document.GetType(), OrleansWorkJson.Documents),
                    NameOf(moment.Document)
                )
                {
                    EventId = moment.Id,
                };
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
