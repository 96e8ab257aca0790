using OrleansWork.Protocol;
using OrleansWork.Scheduling.Placement;

namespace OrleansWork.Engine.Cluster;

/// <summary>Whether a silo may get leases of a job.</summary>
internal static class Suitability
{
    /// <summary>Says whether the silo has the kind in that version and the labels, takes work, and has memory and prompt turns.</summary>
    public static bool Takes(SiloProfile profile, SiloLoad load, string kind, int version, IReadOnlyList<string> labels) =>
        ObstacleOf(profile, load, kind, version, labels) == Obstacle.None;

    /// <summary>Says why it may not get them: first what does not change while the silo lives.</summary>
    public static Obstacle ObstacleOf(SiloProfile profile, SiloLoad load, string kind, int version, IReadOnlyList<string> labels)
    {
        if (!Has(profile, kind, version))
            return profile.Kinds.Any(other => string.Equals(other.Name, kind, StringComparison.Ordinal))
                ? Obstacle.OtherVersion
                : Obstacle.NoKind;
        foreach (string label in labels)
        {
            if (!HasLabel(profile, label))
                return Obstacle.NoLabel;
        }

        return load.Draining ? Obstacle.Draining
            : load.IsMemoryFull ? Obstacle.MemoryFull
            : load.Starved ? Obstacle.TurnsWait
            : Obstacle.None;
    }

    /// <summary>Says the same of a silo as it is known, gone or not heard yet among them.</summary>
    public static Obstacle ObstacleOf(SiloView silo, string kind, int version, IReadOnlyList<string> labels)
    {
        if (silo.State == SiloViewState.Dead)
            return Obstacle.Gone;
        if (silo.Profile is not { } profile || silo.Load is not { } load)
            return Obstacle.Unheard;
        Obstacle obstacle = ObstacleOf(profile, load, kind, version, labels);
        return silo.State == SiloViewState.Active || obstacle != Obstacle.None ? obstacle : Obstacle.Draining;
    }

    /// <summary>Returns how many leases of a kind the silo runs at once, all jobs together.</summary>
    public static int Slots(SiloProfile profile, SiloLoad load, string kind, int version, bool isAsync)
    {
        if (!isAsync)
            return load.Compute.Slots;
        int own = AsyncSlots(profile, kind, version);
        return own > 0 ? Math.Min(load.Wait.Slots, own) : load.Wait.Slots;
    }

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
