using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;
using OrleansWork.Http;
using OrleansWork.Silo.Watching;

namespace OrleansWork.Silo.Api;

/// <summary>What happens to a job, as server-sent events: <c>status</c>, <c>unit-failed</c>, <c>lease</c> for who asked for it, and <c>alive</c> when nothing does.</summary>
internal static class JobEvents
{
    private static readonly TimeSpan s_reconnect = TimeSpan.FromSeconds(1);

    /// <summary>Makes the events of what is seen of a job.</summary>
    public static async IAsyncEnumerable<SseItem<string>> OfAsync(
        IAsyncEnumerable<JobSight> sights,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        JobStatus? before = null;
        await foreach ((JobMoment? moment, LeaseBatch? leases, bool missed) in sights.WithCancellation(cancellationToken))
        {
            if (leases is not null)
            {
                yield return new SseItem<string>(leases.Json, missed ? HttpApi.LeasesMissed : HttpApi.Lease);
                continue;
            }

            if (moment is null)
            {
                yield return new SseItem<string>("{}", HttpApi.Alive);
                continue;
            }

            foreach (UnitFailure failure in before is null ? [] : moment.Status.Failures.Except(before.Failures))
                yield return new SseItem<string>(Json(failure), "unit-failed");
            before = moment.Status;
            yield return new SseItem<string>(moment.Json, HttpApi.Status) { EventId = moment.Id, ReconnectionInterval = s_reconnect };
        }
    }

    /// <summary>Makes the events of what units log: <c>log</c>, numbered by the lines.</summary>
    public static async IAsyncEnumerable<SseItem<string>> OfLogAsync(
        GrainJobHandle job,
        long? unit,
        long after,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        // The first one does not wait: a reader is to know at once that he is heard.
        for (TimeSpan wait = TimeSpan.Zero; ; wait = HttpApi.Heartbeat)
        {
            UnitLogPage page = await job.ReadLogAsync(after, unit, wait, cancellationToken);
            foreach (UnitLogLine line in page.Lines)
                yield return new SseItem<string>(Json(line), HttpApi.Log)
                {
                    EventId = line.Number.ToString(System.Globalization.CultureInfo.InvariantCulture),
                };
            if (page.End)
            {
                yield return new SseItem<string>("{}", HttpApi.Ended);
                yield break;
            }

            if (page.Lines.Count == 0)
                yield return new SseItem<string>("{}", HttpApi.Alive);
            after = page.Last;
        }
    }

    private static string Json<T>(T document) => JsonSerializer.Serialize(document, OrleansWorkJson.Documents);
}
