using OrleansWork.Engine.Cluster;
using OrleansWork.Engine.Execution;
using OrleansWork.Protocol;

namespace OrleansWork.Engine.Coordination;

/// <summary>Which silos have which kinds, as this silo knows.</summary>
internal static class KindHosts
{
    /// <summary>Returns the newest version of a kind in the cluster, or null when no silo has it.</summary>
    public static int? NewestVersion(IEnumerable<SiloView> silos, JobKindRegistry local, string kind)
    {
        int? newest = local.TryGetNewest(kind, out KindRuntime? own) ? own.Descriptor.Version : null;
        foreach (KindProfile profile in Profiles(silos))
        {
            if (string.Equals(profile.Name, kind, StringComparison.Ordinal) && !(newest >= profile.Version))
                newest = profile.Version;
        }

        return newest;
    }

    /// <summary>Returns the silo with that version of the kind that coordinates the fewest jobs, or null.</summary>
    public static SiloAddress? Choose(IEnumerable<SiloView> silos, string kind, int version, SiloAddress? but = null) =>
        silos
            .Where(silo => !silo.Address.Equals(but))
            .Where(silo => silo.State == SiloViewState.Active && silo.Profile is { } profile && Suitability.Has(profile, kind, version))
            .MinBy(silo => silo.Coordinating)
            ?.Address;

    /// <summary>Returns the names of all kinds in the cluster, sorted.</summary>
    public static string[] Names(IEnumerable<SiloView> silos, JobKindRegistry local) =>
        [
            .. Profiles(silos)
                .Select(profile => profile.Name)
                .Concat(local.Names)
                .Distinct(StringComparer.Ordinal)
                .Order(StringComparer.Ordinal),
        ];

    private static IEnumerable<KindProfile> Profiles(IEnumerable<SiloView> silos) =>
        silos.Where(silo => silo.State != SiloViewState.Dead && silo.Profile is not null).SelectMany(silo => silo.Profile!.Kinds);
}
