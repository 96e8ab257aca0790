using OrleansWork.Store.Files;

namespace OrleansWork.Store.Sealing;

/// <summary>What the seal of a store says at its start, and whether that is all that was written.</summary>
/// <param name="Seal">What can be read of it.</param>
/// <param name="Mark">Up to where it was written; null when that is not known.</param>
/// <param name="Problem">Why it is not the seal that was written, or null.</param>
internal sealed record SealReading(Seal Seal, SealMark? Mark, string? Problem)
{
    /// <summary>Reads the seal and its mark.</summary>
    public static SealReading Read(StoreFolder folder) => Read(folder, SealMark.ReadBoot());

    /// <summary>As above, in a given run of the operating system.</summary>
    internal static SealReading Read(StoreFolder folder, Guid boot)
    {
        bool hasMark = File.Exists(folder.Mark);
        SealMark? mark = hasMark ? SealMark.Read(File.ReadAllBytes(folder.Mark)) : null;
        if (!File.Exists(folder.Seal))
            return new SealReading(new Seal(), mark, "it is missing");
        if (!SealFormat.TryRead(File.ReadAllBytes(folder.Seal), out Seal? seal, out string? problem))
            return new SealReading(new Seal(), mark, problem);
        if (mark is null)
            return new SealReading(
                seal,
                null,
                hasMark ? $"{SealMark.BesideTheSeal} is not what was written"
                    : seal.IsMarked ? $"{SealMark.BesideTheSeal} is missing"
                    : null
            );
        problem = mark.ProblemOf(seal, boot);

        // What is left of it is still right, though it does not come to where it says how far it goes.
        if (problem is not null && seal.Generation == mark.Generation)
            seal.Committed = Math.Max(seal.Committed, mark.Committed);
        return new SealReading(seal, mark, problem);
    }
}
