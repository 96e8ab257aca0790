using System.Globalization;

namespace OrleansWork.Store.Log;

/// <summary>One file of the log.</summary>
/// <param name="Number">Its number, counted from 0.</param>
/// <param name="Path">Where it is.</param>
/// <param name="Length">How long it is.</param>
internal sealed record LogFile(int Number, string Path, long Length)
{
    /// <summary>How much of the log is in one file.</summary>
    public const long MaxBytes = 1L << 30;

    /// <summary>Gets the address of its first byte.</summary>
    public long Address => Number * MaxBytes;
}

/// <summary>The files of Garnet's append-only log.</summary>
internal static class LogFiles
{
    private const string Name = "aof.log.";

    /// <summary>Lists them in order.</summary>
    public static IReadOnlyList<LogFile> List(string folder) =>
        Directory.Exists(folder)
            ?
            [
                .. new DirectoryInfo(folder)
                    .EnumerateFiles(Name + "*")
                    .Select(file => (File: file, Number: NumberOf(file.Name)))
                    .Where(found => found.Number >= 0)
                    .Select(found => new LogFile(found.Number, found.File.FullName, found.File.Length))
                    .OrderBy(file => file.Number),
            ]
            : [];

    /// <summary>Returns the path of one.</summary>
    public static string PathOf(string folder, int number) =>
        Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{Name}{number}"));

    /// <summary>Copies what of the log is before an address, to another folder.</summary>
    public static void CopyUntil(string folder, long until, string to)
    {
        byte[] buffer = new byte[1 << 20];
        foreach (LogFile file in List(folder).Where(file => file.Address < until))
        {
            using FileStream source = new(file.Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using FileStream copy = Files.PrivateFiles.Open(PathOf(to, file.Number), FileMode.CreateNew, FileAccess.Write, FileShare.None);
            for (long left = Math.Min(until - file.Address, file.Length); left > 0; )
            {
                int count = source.Read(buffer, 0, (int)Math.Min(left, buffer.Length));
                if (count == 0)
                    break;
                copy.Write(buffer, 0, count);
                left -= count;
            }

            copy.Flush(flushToDisk: true);
        }
    }

    private static int NumberOf(string name) =>
        int.TryParse(name.AsSpan(Name.Length), NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : -1;
}
