using System.Text.Json;
using Orleans.Concurrency;
using OrleansWork.Engine.Security;
using OrleansWork.Protocol;

namespace OrleansWork.Engine.Cluster;

/// <summary>Says what any silo knows of the whole cluster.</summary>
[StatelessWorker(1, removeIdleWorkers: false), Reentrant]
[GrainType("cluster")]
internal sealed class ClusterGrain(LoadTable table, IHeartbeatLink link, IJobLister jobs) : Grain, IClusterGrain, IGuardedGrain
{
    /// <inheritdoc/>
    public Task<byte[]> GetSilosAsync() =>
        // What died is remembered by some silos and not by others, whichever answers.
        Task.FromResult(Write(ClusterDocuments.Silos(table.Snapshot().Where(view => view.State != SiloViewState.Dead))));

    /// <inheritdoc/>
    public Task<byte[]> GetSiloEventsAsync() => Task.FromResult(Write(table.Events.Read()));

    /// <inheritdoc/>
    public Task<byte[]> GetKindsAsync() => Task.FromResult(Write(ClusterDocuments.Kinds(table.Snapshot())));

    /// <inheritdoc/>
    public Task<DocumentReply> ListJobsAsync(byte[] query) => jobs.ListJobsAsync(query);

    /// <inheritdoc/>
    public Task<CatalogCounts> CountJobsAsync() => jobs.CountAsync();

    /// <inheritdoc/>
    public async Task<DocumentReply> DrainAsync(string silo, bool drains)
    {
        if (Find(silo) is not { } known)
            return Refuse(ErrorReason.NotFound, Unknown(silo));
        string name = known.Address.ToParsableString();
        if (known.State == SiloViewState.Dead)
            return Refuse(ErrorReason.NotFound, $"Silo {name} is dead.");
        try
        {
            SiloLoad load = await GrainFactory.GetGrain<IWorkerGrain>(Keys.Worker(known.Address, 0)).DrainAsync(drains);
            if (load.Draining && !drains)
                return Refuse(ErrorReason.Refused, $"Silo {name} is stopping; it takes no leases any more.");
            table.Update(known.Address, load);
        }
        catch (Exception exception) when (exception is OrleansException or TimeoutException)
        {
            return Refuse(ErrorReason.Unavailable, $"Silo {name} does not answer: {exception.Message}");
        }

        return new DocumentReply(Write(ClusterDocuments.Describe(table.Find(known.Address) ?? known)), null);
    }

    /// <inheritdoc/>
    public async Task<DocumentReply> ProbeAsync(string silo)
    {
        if (Find(silo) is not { } known)
            return Refuse(ErrorReason.NotFound, Unknown(silo));
        string name = known.Address.ToParsableString();
        switch (known.State)
        {
            case SiloViewState.Dead:
                return Refuse(ErrorReason.NotFound, $"Silo {name} is dead.");
            case SiloViewState.Draining:
                return Refuse(ErrorReason.Refused, $"Silo {name} drains: it takes no leases, and so no probe. Undrain it first.");
        }

        int asked = 0;
        List<string> silent = [];
        foreach (SiloAddress coordinating in table.QuarantinedBy(known.Address))
        {
            try
            {
                asked += await link.ProbeAsync(coordinating, known.Address);
            }
            catch (Exception exception) when (exception is OrleansException or TimeoutException)
            {
                silent.Add(coordinating.ToParsableString());
            }
        }

        if (asked > 0)
            return new DocumentReply(Write(ClusterDocuments.Describe(table.Find(known.Address) ?? known)), null);
        return silent.Count > 0
            ? Refuse(
                ErrorReason.Unavailable,
                $"The jobs that quarantined silo {name} are coordinated on {string.Join(", ", silent)}, which does not answer."
            )
            : Refuse(ErrorReason.Refused, $"Silo {name} is not quarantined: there is nothing to probe.");
    }

    private static DocumentReply Refuse(ErrorReason reason, string message) => new(null, new Refusal(reason, message, []));

    private SiloView? Find(string silo)
    {
        SiloView[] views = [.. table.Snapshot()];
        return views.FirstOrDefault(view => string.Equals(view.Address.ToParsableString(), silo, StringComparison.Ordinal))
            ?? views.FirstOrDefault(view =>
                view.State != SiloViewState.Dead && string.Equals(view.Address.Endpoint.ToString(), silo, StringComparison.Ordinal)
            );
    }

    private string Unknown(string silo)
    {
        string[] names =
        [
            .. table.Snapshot().Where(view => view.State != SiloViewState.Dead).Select(view => view.Address.ToParsableString()),
        ];
        return Suggestions.Nearest(silo, names) is { } nearest
            ? $"There is no silo {silo}. Did you mean '{nearest}'?"
            : $"There is no silo {silo}. The cluster has {string.Join(", ", names)}.";
    }

    private static byte[] Write<T>(T document) => JsonSerializer.SerializeToUtf8Bytes(document, OrleansWorkJson.Documents);
}
