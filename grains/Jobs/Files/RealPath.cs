namespace OrleansWork.Jobs.Files;

/// <summary>Where a path leads when every link on its way is followed.</summary>
internal static class RealPath
{
    // As many as Linux follows.
    private const int MostLinks = 40;

    /// <summary>Follows the links of a path as far as its folders exist; what follows is taken as it is.</summary>
    /// <param name="path">A full path without <c>..</c>.</param>
    /// <exception cref="IOException">A folder or link on the way cannot be read, or links lead in a circle.</exception>
    public static string Of(string path)
    {
        string root = Path.GetPathRoot(path)!;
        Stack<string> open = new(Names(path[root.Length..]).Reverse());
        string real = root;
        int links = 0;
        while (open.TryPop(out string? name))
        {
            string next = Path.Combine(real, name);
            if (new FileInfo(next).LinkTarget is not { } target)
            {
                real = next;
                continue;
            }

            if (++links > MostLinks)
                throw new IOException($"Links lead in a circle: {path}");

            // A link's own .. counts from where it really is, so it is resolved here and not by name.
            string whole = Path.GetFullPath(target, real);
            root = Path.GetPathRoot(whole)!;
            real = root;
            foreach (string part in Names(whole[root.Length..]).Reverse())
                open.Push(part);
        }

        return real;
    }

    private static string[] Names(string relative) =>
        relative.Split([Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar], StringSplitOptions.RemoveEmptyEntries);
}
