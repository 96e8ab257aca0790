using Microsoft.Extensions.Options;
using Orleans.Placement;
using Orleans.Runtime.Placement;
using OrleansWork.Engine.Telemetry;
using OrleansWork.Protocol;
using OrleansWork.Scheduling.Placement;

namespace OrleansWork.Engine.Placement;

/// <summary>Places a grain on the silo with the fewest leases and coordinators per slot.</summary>
[GenerateSerializer, Immutable, Alias("ow.LeastLoadedPlacement")]
public sealed class LeastLoadedPlacement : PlacementStrategy;

/// <summary>Places a grain on the silo with the fewest leases and coordinators per slot; usable on any grain of a silo with OrleansWork.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class LeastLoadedPlacementAttribute() : PlacementAttribute(new LeastLoadedPlacement());

/// <summary>Chooses the silo of a new grain by the same policy that chooses the silo of a lease, from the same load table.</summary>
/// <remarks>Own placements count until the silo's next report: without that a burst between two reports would all go to one silo.</remarks>
internal sealed class LeastLoadedDirector(LoadTable table, TimeProvider time, SiloInstruments instruments, ILocalSiloDetails local)
    : IPlacementDirector
{
    private static readonly TimeSpan FreshFor = TimeSpan.FromSeconds(1);
    private readonly Lock _gate = new();
    private readonly LeastLoadedPolicy _policy = new(new Random(local.SiloAddress.GetConsistentHashCode()));

    /// <inheritdoc/>
    public Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context)
    {
        SiloAddress[] compatible = context.GetCompatibleSilos(target);
        if (IPlacementDirector.GetPlacementHint(target.RequestContextData, compatible) is { } hint)
            return Task.FromResult(hint);
        SiloAddress chosen = Choose(compatible);
        instruments.Decided("least-loaded", chosen.ToParsableString());
        return Task.FromResult(chosen);
    }

    /// <summary>Chooses among silos; draining ones only when there is no other.</summary>
    internal SiloAddress Choose(SiloAddress[] compatible)
    {
        lock (_gate)
        {
            List<SiloAddress> silos = [];
            List<SiloCandidate> candidates = [];
            foreach (SiloAddress silo in compatible)
            {
                SiloView? view = table.Find(silo);
                if (view is { State: not SiloViewState.Active })
                    continue;
                silos.Add(silo);
                candidates.Add(Describe(view, silo, candidates.Count));
            }

            if (silos.Count == 0)
                return compatible[0];
            int index = _policy.Choose(
                System.Runtime.InteropServices.CollectionsMarshal.AsSpan(candidates),
                new PlacementMoment(LastRound: false, LeaseSeconds: 0)
            );
            SiloAddress chosen = silos[Math.Max(0, index)];
            table.CountPlacement(chosen);
            return chosen;
        }
    }

    private SiloCandidate Describe(SiloView? view, SiloAddress silo, int number)
    {
        ClassLoad compute = view?.Load?.Compute ?? default;
        return new SiloCandidate
        {
            Silo = number,
            Slots = Math.Max(1, compute.Slots),
            InFlight = compute.Running + compute.Queued + (view?.Coordinating ?? 0) + table.PlacedSinceReport(silo),
            LoadIsFresh = view?.Load is not null && time.GetElapsedTime(view.LoadAt) <= FreshFor,
            LatencySeconds = double.NaN,
        };
    }
}
