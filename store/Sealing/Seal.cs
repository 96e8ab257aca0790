using OrleansWork.Store.Log;

namespace OrleansWork.Store.Sealing;

/// <summary>A file beside the log, which nobody writes to while the store runs.</summary>
/// <param name="Path">Where it is, from the folder of the store.</param>
/// <param name="Length">How long it is.</param>
/// <param name="Hash">Its XXH3 hash of 64 bits.</param>
internal readonly record struct SealedFile(string Path, long Length, ulong Hash);

/// <summary>What was written to a store, as its seal says.</summary>
internal sealed class Seal
{
    /// <summary>Gets the seals of the log's blocks.</summary>
    public BlockTable Blocks { get; } = new();

    /// <summary>Gets the files beside the log.</summary>
    public List<SealedFile> Files { get; } = [];

    /// <summary>Gets the jobs that have a record.</summary>
    public JobLedger Jobs { get; } = new();

    /// <summary>Gets the address up to which writes were acknowledged; 0 when there were none.</summary>
    public long Committed { get; set; }

    /// <summary>Gets when that was, by the clock of then; null when there were none.</summary>
    public DateTimeOffset? Time { get; set; }

    /// <summary>Gets whether the store was stopped in order then.</summary>
    public bool StoppedInOrder { get; set; }

    /// <summary>Gets how often a seal of this store was written anew, counted from some number; 0 when it has no <see cref="SealMark"/>.</summary>
    public long Generation { get; set; }

    /// <summary>Gets whether it was read from a file that has a <see cref="SealMark"/> beside it.</summary>
    public bool IsMarked { get; set; }

    /// <summary>Gets where the last record ends in the file that was read.</summary>
    public long EndBytes { get; set; }

    /// <summary>Gets up to where that file was written at once; 0 when it does not go so far.</summary>
    public long WholeBytes { get; set; }
}
