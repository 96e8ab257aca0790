namespace OrleansWork.Protocol.Security;

/// <summary>A secret in a file that its owner alone can read.</summary>
internal static class SecretFile
{
    /// <summary>What nobody but the owner may have.</summary>
    private const UnixFileMode Others =
        UnixFileMode.GroupRead
        | UnixFileMode.GroupWrite
        | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead
        | UnixFileMode.OtherWrite
        | UnixFileMode.OtherExecute;

    private const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Returns where the secret of a user is, by which their own silos and consoles meet that were told of none.</summary>
    /// <returns>A path in the user's configuration folder; null for a user without one.</returns>
    public static string? PathOfUser() => FolderOfUser() is { } folder ? Path.Combine(folder, "secret") : null;

    /// <summary>Returns the product's folder in the user's configuration folder.</summary>
    /// <returns>Null for a user without one.</returns>
    public static string? FolderOfUser()
    {
        string folder = Environment.GetFolderPath(Environment.SpecialFolder.ApplicationData, Environment.SpecialFolderOption.DoNotVerify);
        return Path.IsPathRooted(folder) ? Path.Combine(folder, "orleanswork") : null;
    }

    /// <summary>Reads the secret of a file; where there is none, a new one is made and written, readable by its owner alone from the beginning.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The full secret.</returns>
    /// <exception cref="SecretFileException">The file cannot be read or written, others can, or it holds no secret.</exception>
    public static string ReadOrMake(string path)
    {
        try
        {
            if (!File.Exists(path))
                Make(path);
            return Read(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new SecretFileException($"The secret in {path} cannot be read or made: {exception.Message}", exception);
        }
    }

    private static string Read(string path)
    {
        if (!OperatingSystem.IsWindows())
        {
            if ((File.GetUnixFileMode(path) & Others) != UnixFileMode.None)
                throw new SecretFileException(
                    $"The secret in {path} can be read or changed by others. Remove it for a new one, or chmod 600 it."
                );
            if ((File.GetUnixFileMode(Path.GetDirectoryName(Path.GetFullPath(path))!) & UnixFileMode.OtherWrite) != UnixFileMode.None)
                throw new SecretFileException(
                    $"The secret in {path} can be replaced by others: its folder is writable for all. chmod 700 it."
                );
        }

        string text = File.ReadAllText(path).Trim();
        return ClusterSecret.TryParse(text, out ClusterSecret? secret, out string? problem)
            ? secret.IsClientForm
                ? throw new SecretFileException($"{path} holds a client's form of a secret; silos need the secret itself.")
                : text
            : throw new SecretFileException($"{path} holds no secret: {problem}. Remove it for a new one.");
    }

    private static void Make(string path)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(folder);
        else
            Directory.CreateDirectory(folder, Owner | UnixFileMode.UserExecute);
        FileStreamOptions options = new() { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = Owner;
        string draft = $"{path}.{Guid.NewGuid():N}";
        using (StreamWriter writer = new(draft, options))
            writer.WriteLine(ClusterSecret.Create());
        try
        {
            File.Move(draft, path, overwrite: false);
        }
        catch (IOException) when (File.Exists(path))
        {
            // Another process was first: its secret is the one.
            File.Delete(draft);
        }
    }
}

/// <summary>A file has no secret that may be used; the message says which, why, and what to do.</summary>
internal sealed class SecretFileException(string message, Exception? innerException = null) : Exception(message, innerException);
