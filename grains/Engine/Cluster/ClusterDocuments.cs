using System.Text.Json;
using OrleansWork.Protocol;

namespace OrleansWork.Engine.Cluster;

/// <summary>Makes the lists of silos and kinds that people and scripts see.</summary>
internal static class ClusterDocuments
{
    /// <summary>Lists silos in order of address and port; one that has not spoken yet has no slots.</summary>
    public static IReadOnlyList<SiloStatus> Silos(IEnumerable<SiloView> views) =>
        [
            .. views
                .OrderBy(view => Convert.ToHexString(view.Address.Endpoint.Address.GetAddressBytes()), StringComparer.Ordinal)
                .ThenBy(view => view.Address.Endpoint.Port)
                .ThenBy(view => view.Address.Generation)
                .Select(Describe),
        ];

    /// <summary>Lists kinds by name, each in its highest version.</summary>
    public static IReadOnlyList<KindStatus> Kinds(IEnumerable<SiloView> views)
    {
        SiloProfile[] profiles =
        [
            .. views.Where(view => view.State != SiloViewState.Dead).Select(view => view.Profile).OfType<SiloProfile>(),
        ];
        return
        [
            .. profiles
                .SelectMany(profile => profile.Kinds)
                .GroupBy(kind => kind.Name, StringComparer.Ordinal)
                .OrderBy(versions => versions.Key, StringComparer.Ordinal)
                .Select(versions =>
                {
                    KindProfile newest = versions.MaxBy(kind => kind.Version)!;
                    using JsonDocument schema = JsonDocument.Parse(newest.InputSchema);
                    int silos = profiles.Count(profile =>
                        profile.Kinds.Any(kind =>
                            string.Equals(kind.Name, newest.Name, StringComparison.Ordinal) && kind.Version == newest.Version
                        )
                    );
                    return new KindStatus(newest.Name, newest.Version, newest.Description, schema.RootElement.Clone(), silos)
                    {
                        IsMap = newest.IsMap,
                    };
                }),
        ];
    }

    /// <summary>Describes one silo.</summary>
    public static SiloStatus Describe(SiloView view)
    {
        // What a dead silo last said of itself is no longer so.
        SiloLoad? load = view.State == SiloViewState.Dead ? null : view.Load;
        // Where leases are short a slot is hardly ever seen busy at the end of one.
        SiloLoad? heard = load is null ? null : view.Heard ?? load;
        return new SiloStatus(
            view.Address.ToParsableString(),
            view.State switch
            {
                SiloViewState.Active => view.IsQuarantined ? "quarantined" : "active",
                SiloViewState.Draining => "draining",
                _ => "dead",
            },
            view.Load?.Compute.Slots ?? 0,
            (heard?.Compute.Running ?? 0) + (heard?.Wait.Running ?? 0),
            (heard?.Compute.Queued ?? 0) + (heard?.Wait.Queued ?? 0),
            load?.UnitsPerSecond ?? 0,
            load?.ErrorRate ?? 0,
            load?.Cpu ?? 0,
            load?.MemoryBytes ?? 0,
            load?.MemoryLimitBytes ?? 0,
            view.Profile?.Labels ?? System.Collections.Immutable.ImmutableDictionary<string, string>.Empty,
            [.. (view.Profile?.Kinds ?? []).Select(kind => $"{kind.Name}@{kind.Version}")]
        )
        {
            Http = view.State == SiloViewState.Dead ? null : view.Profile?.Http,
        };
    }
}
