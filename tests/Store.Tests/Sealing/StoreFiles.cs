using OrleansWork.Store.Files;
using OrleansWork.Store.Log;
using OrleansWork.Store.Sealing;

namespace OrleansWork.Store.Tests.Sealing;

/// <summary>The files of a store as they were at one time; null for one that is missing.</summary>
internal sealed record StoreFiles(byte[]? Seal, byte[]? Mark, byte[]? Log)
{
    /// <summary>Starts a store with them.</summary>
    /// <param name="boot">The run of the operating system; by default the present one.</param>
    /// <returns>What it says of the seal, or null, and what it finds in the log.</returns>
    public (string? Problem, StoreCheck Found) Open(Guid? boot = null)
    {
        StoreFolder folder = new(Directory.CreateTempSubdirectory("ow-files-").FullName);
        try
        {
            Directory.CreateDirectory(folder.Log);
            Write(folder.Seal, Seal);
            Write(folder.Mark, Mark);
            Write(LogFiles.PathOf(folder.Log, 0), Log);
            SealReading read = SealReading.Read(folder, boot ?? SealMark.ReadBoot());
            StoreCheck found = StoreCheck.Run(folder, read.Seal, read.Mark);
            return (read.Problem ?? found.SealProblem, found);
        }
        finally
        {
            Directory.Delete(folder.DataDirectory, recursive: true);
        }
    }

    /// <summary>What the seal alone is told of.</summary>
    public string? ProblemOfSeal(Guid boot) =>
        SealFormat.TryRead(Seal, out Seal? seal, out string? problem) ? SealMark.Read(Mark)!.ProblemOf(seal, boot) : problem;

    /// <summary>Whether a store with them is refused.</summary>
    public bool IsTold()
    {
        (string? problem, StoreCheck found) = Open();
        return problem is not null || found.Damage.Count > 0;
    }

    private static void Write(string path, byte[]? content)
    {
        if (content is not null)
            File.WriteAllBytes(path, content);
    }
}
