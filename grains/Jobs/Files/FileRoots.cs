using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace OrleansWork.Jobs;

/// <summary>The folders under which the kinds of this assembly may read files, one set for a process.</summary>
/// <remarks>
/// What counts is where a file really is, whatever links and <c>..</c> are on the way, and it is looked at again when the file is open: one that was
/// exchanged between listing and reading is not read. A process that says nothing, as one that runs a kind by <c>LocalRunner</c> for itself,
/// reads all that its user may; the silo host of this repository always says something.
/// </remarks>
public static class FileRoots
{
    private const string DataName = "OrleansWork.FileRoots";

    /// <summary>Allows some folders with all below them, and nothing else; none allows nothing. Calls replace each other.</summary>
    public static void Allow(IEnumerable<string> folders) => AppContext.SetData(DataName, folders.Select(Path.GetFullPath).ToArray());

    /// <summary>Allows whatever the user of the process may read, as if nothing had been said.</summary>
    public static void AllowAll() => AppContext.SetData(DataName, null);

    /// <summary>Says why a path or pattern may not be read.</summary>
    /// <param name="pattern">A path, whose last names may have wildcards.</param>
    /// <returns>Null when it may, as far as can be said before its files are known.</returns>
    internal static string? Refusal(string pattern)
    {
        if (pattern.Contains('\0', StringComparison.Ordinal))
            return "A null character is in one of the paths; no file has one in its name.";
        if (Roots() is not { } roots)
            return null;
        string start = Files.Glob.FixedPart(Path.GetFullPath(pattern));
        try
        {
            return IsUnder(Files.RealPath.Of(start), roots) ? null : Outside(pattern, roots);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return $"'{pattern}' cannot be looked at: {exception.Message}";
        }
    }

    /// <summary>Opens a file to be read, if it is one and under one of the folders.</summary>
    /// <exception cref="PermanentFailureException">It is not, wherever its name says that it is; or it is a pipe, a socket or a device.</exception>
    internal static FileStream Open(string path)
    {
        FileStream file = Files.RegularFile.Open(path);
        try
        {
            if (Roots() is { } roots && !IsUnder(PathOf(file.SafeFileHandle, path), roots))
                throw new PermanentFailureException(Outside(path, roots));
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static string[]? Roots() => AppContext.GetData(DataName) as string[];

    private static string Outside(string path, string[] roots) =>
        roots.Length == 0
            ? $"'{path}' may not be read: this silo lets jobs read no files. Its setting FileRoots names the folders that they may read."
            : $"'{path}' is, or leads, outside of the folders that jobs may read on this silo (its setting FileRoots): {string.Join(", ", roots)}.";

    // The system says where an open file is, which nobody can change any more.
    private static string PathOf(SafeFileHandle handle, string path) =>
        OperatingSystem.IsLinux()
        && new FileInfo(string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{handle.DangerousGetHandle()}")).LinkTarget
            is { } opened
            ? opened
            : Files.RealPath.Of(Path.GetFullPath(path));

    private static bool IsUnder(string real, string[] roots) => Array.Exists(roots, root => IsUnder(real, Files.RealPath.Of(root)));

    private static bool IsUnder(string real, string root)
    {
        StringComparison comparison = OperatingSystem.IsWindows() ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal;
        string folder = Path.TrimEndingDirectorySeparator(root);
        return real.StartsWith(folder, comparison)
            && (
                real.Length == folder.Length || Path.EndsInDirectorySeparator(folder) || real[folder.Length] == Path.DirectorySeparatorChar
            );
    }
}
