using System.Runtime.InteropServices;
using Orleans.Placement;
using Orleans.Runtime.Placement;
using OrleansWork.Engine.Cluster;
using OrleansWork.Engine.Telemetry;
using OrleansWork.Scheduling.Estimation;
using OrleansWork.Scheduling.Placement;

namespace OrleansWork.Engine.Placement;

/// <summary>Chooses the silo of a new grain by the same policy that chooses the silo of a lease, from the same load table.</summary>
/// <remarks>
/// Own placements count until the silo's next report: without that a burst between two reports would all go to one silo. A placement hint
/// wins, as it does with the directors of Orleans. Silos that are full, drain or have no memory left are chosen only when there is no other.
/// Failing silos are a coordinator's business: it knows whether others succeed with the same job, the load table does not.
/// </remarks>
internal abstract class PolicyDirector(
    PolicyKind kind,
    LoadTable table,
    TimeProvider time,
    SiloInstruments instruments,
    ILocalSiloDetails local
) : IPlacementDirector
{
    private static readonly TimeSpan FreshFor = TimeSpan.FromSeconds(1);
    private readonly Lock _gate = new();
    private readonly string _name = System.Text.Json.JsonNamingPolicy.KebabCaseLower.ConvertName(kind.ToString());
    private readonly IPlacementPolicy _policy = PlacementPolicies.Create(kind, new Random(local.SiloAddress.GetConsistentHashCode()));
    private readonly List<(SiloAddress Silo, SiloView? View, int Number)> _silos = [];
    private readonly List<SiloCandidate> _candidates = [];

    /// <inheritdoc/>
    public Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context)
    {
        SiloAddress[] compatible = context.GetCompatibleSilos(target);
        if (IPlacementDirector.GetPlacementHint(target.RequestContextData, compatible) is { } hint)
            return Task.FromResult(hint);
        SiloAddress chosen = Choose(compatible);
        instruments.Decided(_name, chosen.ToParsableString());
        return Task.FromResult(chosen);
    }

    /// <summary>Chooses among silos.</summary>
    internal SiloAddress Choose(SiloAddress[] compatible)
    {
        lock (_gate)
        {
            Collect(compatible);
            if (_silos.Count == 0)
                return compatible[0];
            DescribeAll();
            int index = _policy.Choose(CollectionsMarshal.AsSpan(_candidates), new PlacementMoment(LastRound: false, LeaseSeconds: 0));
            SiloAddress chosen = _silos[Math.Max(0, index)].Silo;
            table.CountPlacement(chosen);
            return chosen;
        }
    }

    /// <summary>Lists the silos to choose from in the order of addresses, numbered by their place among all silos known.</summary>
    private void Collect(SiloAddress[] compatible)
    {
        _silos.Clear();
        SiloAddress[] sorted = [.. compatible];
        Array.Sort(sorted);
        System.Collections.Immutable.ImmutableArray<SiloView> known = table.Snapshot();
        bool anyHasRoom = false;
        int at = 0;
        foreach (SiloAddress silo in sorted)
        {
            while (at < known.Length && known[at].Address.CompareTo(silo) < 0)
                at++;
            SiloView? view = at < known.Length && known[at].Address.Equals(silo) ? known[at] : null;
            if (view is { State: not SiloViewState.Active })
                continue;
            // Between two known ones: what is not known yet has no number of its own.
            _silos.Add((silo, view, (2 * at) + (view is null ? 0 : 1)));
            anyHasRoom |= HasRoom(view);
        }

        if (anyHasRoom)
            _silos.RemoveAll(static silo => !HasRoom(silo.View));
    }

    private void DescribeAll()
    {
        _candidates.Clear();
        long now = time.GetTimestamp();
        (double sum, int measured) = (0, 0);
        foreach ((SiloAddress silo, SiloView? view, int number) in _silos)
        {
            SiloCandidate candidate = Describe(silo, view, number, now);
            _candidates.Add(candidate);
            if (double.IsFinite(candidate.LatencySeconds))
                (sum, measured) = (sum + candidate.LatencySeconds, measured + 1);
        }

        if (measured < 2)
            return;
        foreach (ref SiloCandidate candidate in CollectionsMarshal.AsSpan(_candidates))
        {
            double slowness = candidate.LatencySeconds * measured / sum;
            if (double.IsFinite(slowness))
                candidate = candidate with { Slowness = Math.Clamp(slowness, SpeedEstimator.MinSlowness, SpeedEstimator.MaxSlowness) };
        }
    }

    private SiloCandidate Describe(SiloAddress silo, SiloView? view, int number, long now)
    {
        Protocol.ClassLoad compute = view?.Load?.Compute ?? default;
        int inFlight = compute.Running + compute.Queued + (view?.Coordinating ?? 0) + table.PlacedSinceReport(silo);
        int slots = Math.Max(1, compute.Slots);
        return new SiloCandidate
        {
            Silo = number,
            Slots = slots,
            InFlight = inFlight,
            LoadIsFresh = view?.Load is not null && time.GetElapsedTime(view.LoadAt, now) <= FreshFor,
            LatencySeconds = table.SecondsPerUnit(silo, (double)inFlight / slots),
        };
    }

    private static bool HasRoom(SiloView? view) =>
        view?.Load is not { } load
        || ((load.Compute.Depth <= 0 || load.Compute.Running + load.Compute.Queued < load.Compute.Depth) && Suitability.IsFit(load));
}
