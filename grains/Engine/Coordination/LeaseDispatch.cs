using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using OrleansWork.Engine.Cluster;
using OrleansWork.Engine.Storage;
using OrleansWork.Protocol;
using OrleansWork.Scheduling.Coordination;

namespace OrleansWork.Engine.Coordination;

/// <summary>All calls of a run to silos: leases in as few messages as may be, and what else silos are told and asked of them.</summary>
/// <remarks>Called in the run's turns. No call is retried here: what is lost shows in heartbeats, and the machine says again what is to be done.</remarks>
internal sealed partial class LeaseDispatch(
    CoordinatorServices services,
    JobManifest manifest,
    JobOptions options,
    JobTrace spans,
    ILogger logger,
    ILeaseOwner owner
)
{
    // As long as a silence: what a busy silo still runs should not be started a second time.
    private static readonly TimeSpan AdoptionWait = TimeSpan.FromSeconds(5);

    private readonly ILogger _logger = logger;
    private string _policyName = NameOf(options.Placement);
    private JobOptions _options = options;
    private readonly Dictionary<SiloAddress, SiloRoute> _routes = [];
    private readonly Dictionary<string, SiloRoute> _routesByName = new(StringComparer.Ordinal);
    private readonly List<(ILeaseRoute Route, GrantLease Lease)> _granted = [];

    private string JobId => manifest.JobId;

    /// <summary>Sends leases by other options from now on.</summary>
    public void Follow(JobOptions changed) => (_options, _policyName) = (changed, NameOf(changed.Placement));

    /// <summary>Takes a lease in; <see cref="Send"/> sends it.</summary>
    public void Add(GrantLease lease)
    {
        if (lease.Offered.Count > 0)
        {
            _granted.Add((SpawnedRouteTo(lease.Offered), lease));
            return;
        }

        services.Decisions.Decided(_policyName, lease.Silo);
        _granted.Add((RouteTo(lease.Silo), lease));
    }

    /// <summary>Gets the unit after the last that was taken in and not sent yet; 0 when there is none.</summary>
    public long Reach => _granted.Count == 0 ? 0 : _granted.Max(static grant => grant.Lease.Range.To);

    /// <summary>Sends what was taken in.</summary>
    public void Send()
    {
        if (_granted.Count == 0)
            return;
        if (_granted.Count == 1)
        {
            // As it is while units are short and all silos are busy: one report, one lease.
            (ILeaseRoute route, GrantLease lease) = _granted[0];
            _granted.Clear();
            _ = RunAsync(route, [LeaseMessages.ToLease(lease)], LeaseMerging.IsQuick(lease));
            return;
        }

        (ILeaseRoute Route, GrantLease Lease)[] granted = [.. _granted];
        _granted.Clear();
        bool merges = services.CoordinatorOptions.Value.MergeLeases;
        foreach (IGrouping<ILeaseRoute, GrantLease> group in granted.GroupBy(grant => grant.Route, grant => grant.Lease))
        {
            foreach ((IReadOnlyList<GrantLease> leases, bool quick) in LeaseMerging.Divide(group, merges))
                _ = RunAsync(group.Key, [.. leases.Select(LeaseMessages.ToLease)], quick);
        }
    }

    /// <summary>Returns a silo's name as the machine knows it, and takes how long the way there and back was when a call has just shown it.</summary>
    public string Heard(SiloAddress silo, TimeSpan? roundTrip)
    {
        SiloRoute route = Route(silo);
        if (roundTrip is { } took)
            route.ObserveRoundTrip(took);
        return route.Name;
    }

    /// <summary>Tells a silo what to do with leases.</summary>
    public Task SignalAsync(SignalLeases signal) =>
        ControlAsync(RouteTo(signal.Silo), LeaseMessages.ToSignal(manifest, signal.Signal, signal.Leases));

    /// <summary>Tells silos that the job is over.</summary>
    public Task ReleaseAsync(IEnumerable<string> silos)
    {
        ControlRequest request = LeaseMessages.ToRelease(manifest);
        return Task.WhenAll(silos.Select(silo => ControlAsync(RouteTo(silo), request)));
    }

    /// <summary>Tells every silo that a job is over which no run here knows.</summary>
    public static void Release(JobManifest ended, CoordinatorServices services)
    {
        ControlRequest request = LeaseMessages.ToRelease(ended);
        foreach (SiloView silo in services.Loads.Snapshot())
        {
            if (silo.State != SiloViewState.Dead)
                services.Grains.GetGrain<IWorkerGrain>(Keys.Worker(silo.Address, 0)).ControlAsync(request).AsTask().Ignore();
        }
    }

    /// <summary>Asks a silo to keep clear of other jobs for a lone canary.</summary>
    public async Task ClearAsync(string silo)
    {
        bool isClear = false;
        await Task.Yield();
        try
        {
            isClear = await RouteTo(silo).Next().ClearAsync(new ClearRequest(JobId, manifest.Incarnation, manifest.Epoch));
        }
        catch (Exception exception)
        {
            ClearFailed(exception, JobId, silo);
        }

        if (!owner.HasEnded)
            owner.Happened(new SiloCleared(silo, isClear));
    }

    /// <summary>Asks every silo which leases of the job it holds, and fences those of earlier coordinators.</summary>
    public async Task AdoptAsync()
    {
        AdoptRequest request = new(JobId, manifest.Incarnation, manifest.Epoch, services.LocalSilo.SiloAddress);
        ClusterMembershipSnapshot members = services.Membership.CurrentSnapshot;

        // One that is stopping cannot be called any more; what it still runs comes by its own reports.
        await Task.WhenAll(
            services
                .Loads.Snapshot()
                .Where(silo => members.GetSiloStatus(silo.Address) == Orleans.Runtime.SiloStatus.Active)
                .Select(AskAsync)
        );

        async Task AskAsync(SiloView silo)
        {
            try
            {
                ImmutableArray<HeldLease> held = await Route(silo.Address)
                    .Next()
                    .AdoptAsync(request)
                    .AsTask()
                    .WaitAsync(AdoptionWait, services.Time);
                owner.Happened(new Adopted(silo.Address.ToParsableString(), [.. held.Select(LeaseMessages.ToHeld)]));
            }
            catch (Exception exception)
            {
                AdoptionFailed(exception, JobId, silo.Address);
            }
        }
    }

    private async Task RunAsync(ILeaseRoute route, ImmutableArray<Lease> leases, bool quick)
    {
        TimeSpan sent = services.Now;
        LeaseTrace? trace = spans.Leased(leases, route.Name);
        if (trace is not null)
            spans.Enter(leases[0].Number);
        try
        {
            LeaseBatch batch = new(
                JobId,
                manifest.Incarnation,
                manifest.Epoch,
                services.LocalSilo.SiloAddress,
                _options.Priority + 1,
                route.RoundTripMicros,
                quick,
                leases
            )
            {
                AsyncSlots = Suitability.AsyncSlots(manifest.IsAsync ? route.Profile : null, manifest.Kind, manifest.KindVersion),
                Trace = trace,
            };
            ReportBatch reports = await route.RunAsync(batch);
            if (!owner.HasEnded)
                owner.Answered(reports, sent);
        }
        catch (Exception exception)
        {
            if (owner.HasEnded)
                return;
            LeaseCallFailed(exception, JobId, leases[0].Number, leases.Length, route.Name);
            spans.CallFailed(leases, exception.Message);
            // A silo that died with the call may have run it: membership says so soon, and what it ran is suspect.
            bool ran =
                exception is SiloUnavailableException || (exception is not OrleansMessageRejectionException && !IsNoSuchSilo(exception));
            owner.Happened(new CallFailed(route.Name, [.. leases.Select(lease => lease.Number)], ran));
        }
    }

    private static string NameOf(PlacementPolicy placement) =>
        System.Text.Json.JsonNamingPolicy.KebabCaseLower.ConvertName(placement.ToString());

    private static bool IsNoSuchSilo(Exception exception) =>
        exception is OrleansException && exception.Message.StartsWith("No active nodes are compatible", StringComparison.Ordinal);

    private async Task ControlAsync(SiloRoute route, ControlRequest request)
    {
        try
        {
            await route.Next().ControlAsync(request);
        }
        catch (Exception exception)
        {
            // What the silo still holds shows up in its next heartbeat and is told again.
            ControlFailed(exception, JobId, request.Signal, route.Silo);
        }
    }

    private SiloRoute RouteTo(string name) =>
        _routesByName.TryGetValue(name, out SiloRoute? route) ? route : Route(SiloAddress.FromParsableString(name));

    private SpawnedRoute SpawnedRouteTo(IReadOnlyList<string> offered)
    {
        SiloAddress[] silos = new SiloAddress[offered.Count];
        int roundTripMicros = 0;
        for (int i = 0; i < silos.Length; i++)
        {
            SiloRoute route = RouteTo(offered[i]);
            silos[i] = route.Silo;
            roundTripMicros = Math.Max(roundTripMicros, route.RoundTripMicros);
        }

        return new SpawnedRoute(Policies.Of(_options.Placement), silos, RouteTo(offered[0]).Profile, roundTripMicros, services.Grains);
    }

    private SiloRoute Route(SiloAddress silo)
    {
        if (_routes.TryGetValue(silo, out SiloRoute? route))
            return route;
        route = new SiloRoute(silo, services);
        _routes.Add(silo, route);
        _routesByName[route.Name] = route;
        return route;
    }

    [LoggerMessage(
        LogLevel.Debug,
        "Job {JobId}: {Count} leases from {Lease} on to '{Silo}' failed; they are leased again when no silo holds them"
    )]
    private partial void LeaseCallFailed(Exception exception, string jobId, long lease, int count, string silo);

    [LoggerMessage(LogLevel.Debug, "Job {JobId}: {Signal} did not reach {Silo}")]
    private partial void ControlFailed(Exception exception, string jobId, LeaseSignal signal, SiloAddress silo);

    [LoggerMessage(LogLevel.Debug, "Job {JobId}: {Silo} did not say whether it is clear of other jobs; it is asked again")]
    private partial void ClearFailed(Exception exception, string jobId, string silo);

    [LoggerMessage(LogLevel.Debug, "Job {JobId}: {Silo} did not say which leases it holds; its heartbeats will")]
    private partial void AdoptionFailed(Exception exception, string jobId, SiloAddress silo);
}
