using System.IO.Enumeration;

namespace OrleansWork.Jobs.Files;

/// <summary>Finds files by name: * and ? stand for any characters of one name, ** for any folders.</summary>
/// <remarks>As in a shell, wildcards do not match names that begin with a dot unless the pattern does; links to folders are not followed by **.</remarks>
internal static class Glob
{
    /// <summary>Lists the files that a pattern names; a folder names all files below it.</summary>
    /// <returns>Full paths, in no particular order, perhaps some twice.</returns>
    /// <exception cref="PermanentFailureException">A path without wildcards does not exist.</exception>
    public static IEnumerable<string> Expand(string pattern, CancellationToken cancellationToken)
    {
        string full = Path.GetFullPath(pattern);
        string root = Path.GetPathRoot(full)!;
        string[] names = full[root.Length..]
            .Split([Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar], StringSplitOptions.RemoveEmptyEntries);
        int fixedNames = Array.FindIndex(names, HasWildcard);
        if (fixedNames >= 0)
            return Match(Path.Combine([root, .. names[..fixedNames]]), names.AsMemory(fixedNames), cancellationToken);
        if (File.Exists(full))
            return [full];
        return Directory.Exists(full)
            ? Match(full, new[] { "**", "*" }, cancellationToken)
            : throw new PermanentFailureException($"There is no file or folder {full} on the silo that looked for it.");
    }

    /// <summary>Returns the beginning of a full path that has no wildcards.</summary>
    public static string FixedPart(string full)
    {
        string root = Path.GetPathRoot(full)!;
        string[] names = full[root.Length..]
            .Split([Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar], StringSplitOptions.RemoveEmptyEntries);
        return Path.Combine([root, .. names.TakeWhile(name => !HasWildcard(name))]);
    }

    private static IEnumerable<string> Match(string folder, ReadOnlyMemory<string> names, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        string name = names.Span[0];
        ReadOnlyMemory<string> rest = names[1..];
        if (name == "**")
        {
            foreach (string file in Match(folder, rest.IsEmpty ? new[] { "*" } : rest, cancellationToken))
                yield return file;
            foreach (string below in Folders(folder, "*", follow: false))
            {
                foreach (string file in Match(below, names, cancellationToken))
                    yield return file;
            }
        }
        else if (!HasWildcard(name))
        {
            string path = Path.Combine(folder, name);
            if (rest.IsEmpty ? File.Exists(path) : Directory.Exists(path))
            {
                foreach (string file in rest.IsEmpty ? [path] : Match(path, rest, cancellationToken))
                    yield return file;
            }
        }
        else if (rest.IsEmpty)
        {
            foreach (string file in Named(folder, name, Directory.EnumerateFiles))
                yield return file;
        }
        else
        {
            foreach (string below in Folders(folder, name, follow: true))
            {
                foreach (string file in Match(below, rest, cancellationToken))
                    yield return file;
            }
        }
    }

    private static IEnumerable<string> Folders(string folder, string name, bool follow) =>
        Named(folder, name, Directory.EnumerateDirectories).Where(below => follow || new DirectoryInfo(below).LinkTarget is null);

    private static IEnumerable<string> Named(
        string folder,
        string pattern,
        Func<string, string, EnumerationOptions, IEnumerable<string>> list
    )
    {
        // Every entry is listed and matched here: what is hidden is a matter of its name alone.
        EnumerationOptions all = new() { AttributesToSkip = FileAttributes.None };
        return Directory.Exists(folder)
            ? list(folder, "*", all)
                .Where(path =>
                {
                    ReadOnlySpan<char> name = Path.GetFileName(path.AsSpan());
                    return (name[0] != '.' || pattern[0] == '.')
                        && FileSystemName.MatchesSimpleExpression(pattern, name, ignoreCase: OperatingSystem.IsWindows());
                })
            : [];
    }

    private static bool HasWildcard(string name) => name.AsSpan().ContainsAny('*', '?');
}
