using System.Globalization;
using OrleansWork.Store.Files;

namespace OrleansWork.Console.LocalCluster;

/// <summary>A data folder, open to its user alone and owned by one supervisor at a time: a lock on a file in it, which the system frees when the
/// owner dies.</summary>
internal sealed class DataDirectory : IDisposable
{
    private const string LockName = "supervisor.lock";
    private const string SecretName = "secret";
    private const int LeastSpace = 256 * 1024;
    private const int LongestShown = 200;

    // Everybody may write there, as in /tmp: it is nobody's to take.
    private const UnixFileMode Shared = UnixFileMode.OtherWrite | UnixFileMode.StickyBit;
    private static readonly string[] Content =
    [
        "logs",
        ClusterDescription.FileName,
        ClusterDescription.FileName + ".next",
        ControlChannel.FileName,
        SecretName,
        LockName,
    ];
    private readonly FileStream _lock;

    private DataDirectory(string path, string? widerMode, FileStream @lock)
    {
        (Path, WiderMode, _lock) = (path, widerMode, @lock);
        Store = new StoreFolder(path);
    }

    /// <summary>Gets the full path.</summary>
    public string Path { get; }

    /// <summary>Gets what the store keeps there.</summary>
    public StoreFolder Store { get; }

    /// <summary>Gets the mode that the folder had when others could open it, such as 755; null when they could not.</summary>
    public string? WiderMode { get; }

    /// <summary>Gets the file of the cluster's secret, which its silos read too.</summary>
    public string SecretFile => System.IO.Path.Combine(Path, SecretName);

    /// <summary>Returns the path of a log.</summary>
    public string Log(string name) => System.IO.Path.Combine(Path, "logs", name + ".log");

    /// <summary>Takes a folder, making it when it is not there, and away from all other users.</summary>
    /// <exception cref="LocalClusterException">A cluster runs in it, it belongs to somebody else, or it cannot be written; exit code 2.</exception>
    public static DataDirectory Take(string path)
    {
        path = System.IO.Path.GetFullPath(path);
        try
        {
            RequireOwnFolder(path);
            string? widerMode = PrivateFiles.TakeFolder(path);
            FileStream file = PrivateFiles.Open(
                System.IO.Path.Combine(path, LockName),
                FileMode.OpenOrCreate,
                FileAccess.ReadWrite,
                FileShare.None
            );
            return new DataDirectory(path, widerMode, file);
        }
        catch (Exception exception) when (exception is UnauthorizedAccessException or IOException && !IsTaken(path))
        {
            throw Unusable(path, exception);
        }
        catch (IOException)
        {
            int? pid = ClusterDescription.Read(path)?.Supervisor?.Pid;
            throw new LocalClusterException(
                2,
                $"A cluster already runs in {path}"
                    + (pid is null ? "" : string.Create(CultureInfo.InvariantCulture, $" (supervisor pid {pid})"))
                    + $". Stop it with 'orleanswork down --data {path}', or choose another folder with --data."
            );
        }
    }

    /// <summary>Requires that the folder takes what a cluster writes first: a full disk is known before anything is started.</summary>
    /// <exception cref="LocalClusterException">It does not; exit code 2.</exception>
    public void RequireSpace()
    {
        try
        {
            _lock.Write(new byte[LeastSpace]);
            _lock.Flush(flushToDisk: true);
        }
        catch (IOException exception)
        {
            throw Unusable(Path, exception);
        }
        finally
        {
            _lock.SetLength(0);
        }
    }

    /// <summary>Says whether this user may look into the folder; one that is not there is no secret.</summary>
    public static bool MayUse(string path)
    {
        try
        {
            if (File.GetAttributes(path).HasFlag(FileAttributes.Directory))
                _ = Directory.EnumerateFileSystemEntries(path).Any();
            return LockOf(path) != Lock.Foreign;
        }
        catch (UnauthorizedAccessException)
        {
            return false;
        }
        catch (IOException)
        {
            return true;
        }
    }

    /// <summary>Says why a folder cannot be a data folder, in one line.</summary>
    public static LocalClusterException Unusable(string path, Exception why)
    {
        string shown = path.Length <= LongestShown ? path : $"{path.AsSpan(0, LongestShown)}…";
        string? file = path;
        while (file is not null && !File.Exists(file) && !Directory.Exists(file))
            file = System.IO.Path.GetDirectoryName(file);
        string reason =
            why is ForeignFolderException ? why.Message
            : why is PathTooLongException ? $"its path is too long ({path.Length} characters)"
            : File.Exists(file) ? $"{(file == path ? "it" : file)} is a file"
            : why is UnauthorizedAccessException ? "you may not write there"
            : why is FileNotFoundException or DirectoryNotFoundException ? "it cannot be made there"
            // The runtime appends the path, which the line has.
            : why.Message.Split(" : '")[0];
        return new LocalClusterException(2, $"--data: the data folder {shown} cannot be used: {reason}.");
    }

    /// <summary>Says whether a supervisor holds the folder.</summary>
    public static bool IsTaken(string path) => LockOf(path) == Lock.Taken;

    private static Lock LockOf(string path)
    {
        string file = System.IO.Path.Combine(path, LockName);
        if (!File.Exists(file))
            return Lock.Free;
        try
        {
            // To read is enough for a lock, and may be all that another user is allowed.
            using FileStream probe = new(file, FileMode.Open, FileAccess.Read, FileShare.None);
            return Lock.Free;
        }
        catch (FileNotFoundException)
        {
            return Lock.Free;
        }
        catch (UnauthorizedAccessException)
        {
            return Lock.Foreign;
        }
        catch (IOException)
        {
            return Lock.Taken;
        }
    }

    /// <summary>Removes what a local cluster wrote into a folder, and the folder if nothing else is in it.</summary>
    public static void Wipe(string path)
    {
        IReadOnlyList<string> store = new StoreFolder(path).List();
        foreach (string entry in Content.Select(name => System.IO.Path.Combine(path, name)).Concat(store))
        {
            if (Directory.Exists(entry))
                Directory.Delete(entry, recursive: true);
            else
                File.Delete(entry);
        }

        if (!Directory.EnumerateFileSystemEntries(path).Any())
            Directory.Delete(path);
    }

    private static void RequireOwnFolder(string path)
    {
        if (OperatingSystem.IsWindows() || !Directory.Exists(path))
            return;
        if (System.IO.Path.GetPathRoot(path) == path || (File.GetUnixFileMode(path) & Shared) == Shared)
            throw new ForeignFolderException("other users share it, and a data folder is its user's alone; name a folder in it");
    }

    /// <inheritdoc/>
    public void Dispose() => _lock.Dispose();

    private enum Lock
    {
        Free,
        Taken,
        Foreign,
    }
}
