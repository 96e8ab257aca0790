using OrleansWork.Protocol;

namespace OrleansWork.Engine.Cluster;

/// <summary>Whether a silo may get leases of a job.</summary>
internal static class Suitability
{
    /// <summary>Says whether the silo has the kind in that version and the labels, takes work, and has memory and prompt turns.</summary>
    public static bool Takes(SiloProfile profile, SiloLoad load, string kind, int version, IReadOnlyList<string> labels) =>
        !load.Draining && IsFit(load) && Has(profile, kind, version) && labels.All(label => HasLabel(profile, label));

    /// <summary>Says whether the silo has memory left for new work, and its turns do not wait.</summary>
    public static bool IsFit(SiloLoad load) => load is { Starved: false, IsMemoryFull: false };

    /// <summary>Says whether the silo has the kind in that version.</summary>
    public static bool Has(SiloProfile profile, string kind, int version) => Find(profile, kind, version) is not null;

    /// <summary>Finds the kind in that version, or null.</summary>
    public static KindProfile? Find(SiloProfile profile, string kind, int version)
    {
        foreach (KindProfile candidate in profile.Kinds)
        {
            if (candidate.Version == version && string.Equals(candidate.Name, kind, StringComparison.Ordinal))
                return candidate;
        }

        return null;
    }

    /// <summary>Returns how many leases of a kind whose units wait the silo runs at once; 0 where it has no limit of its own for them, or is not known.</summary>
    public static int AsyncSlots(SiloProfile? profile, string kind, int version) =>
        profile is not null && Find(profile, kind, version) is { } found ? found.AsyncSlots : 0;

    private static bool HasLabel(SiloProfile profile, string label)
    {
        int equals = label.IndexOf('=', StringComparison.Ordinal);
        return equals < 0
            ? profile.Labels.ContainsKey(label)
            : profile.Labels.TryGetValue(label[..equals], out string? value)
                && string.Equals(value, label[(equals + 1)..], StringComparison.Ordinal);
    }
}
