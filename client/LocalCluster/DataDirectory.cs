using System.Globalization;

namespace OrleansWork.Console.LocalCluster;

/// <summary>A data folder, owned by one supervisor at a time: a lock on a file in it, which the system frees when the owner dies.</summary>
internal sealed class DataDirectory : IDisposable
{
    private const string LockName = "supervisor.lock";
    private const string SecretName = "secret";
    private static readonly string[] Content =
    [
        "store",
        "logs",
        ClusterDescription.FileName,
        ClusterDescription.FileName + ".next",
        ControlChannel.FileName,
        SecretName,
        LockName,
    ];
    private readonly FileStream _lock;

    private DataDirectory(string path, FileStream @lock) => (Path, _lock) = (path, @lock);

    /// <summary>Gets the full path.</summary>
    public string Path { get; }

    /// <summary>Gets the folder of the store's data.</summary>
    public string Store => System.IO.Path.Combine(Path, "store");

    /// <summary>Gets the file of the cluster's secret, which its silos read too.</summary>
    public string SecretFile => System.IO.Path.Combine(Path, SecretName);

    /// <summary>Returns the path of a log.</summary>
    public string Log(string name) => System.IO.Path.Combine(Path, "logs", name + ".log");

    /// <summary>Takes a folder, making it when it is not there.</summary>
    /// <exception cref="LocalClusterException">A cluster runs in it, or it cannot be written; exit code 2.</exception>
    public static DataDirectory Take(string path)
    {
        path = System.IO.Path.GetFullPath(path);
        try
        {
            Directory.CreateDirectory(path);
            FileStream file = new(System.IO.Path.Combine(path, LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            return new DataDirectory(path, file);
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException && !IsTaken(path))
        {
            throw new LocalClusterException(2, $"The data folder {path} cannot be used: {e.Message}");
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

    /// <summary>Says whether a supervisor holds the folder.</summary>
    public static bool IsTaken(string path)
    {
        string file = System.IO.Path.Combine(path, LockName);
        if (!File.Exists(file))
            return false;
        try
        {
            using FileStream probe = new(file, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
            return false;
        }
        catch (FileNotFoundException)
        {
            return false;
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

    /// <summary>Removes what a local cluster wrote into a folder, and the folder if nothing else is in it.</summary>
    public static void Wipe(string path)
    {
        foreach (string entry in Content.Select(name => System.IO.Path.Combine(path, name)))
        {
            if (Directory.Exists(entry))
                Directory.Delete(entry, recursive: true);
            else
                File.Delete(entry);
        }

        if (!Directory.EnumerateFileSystemEntries(path).Any())
            Directory.Delete(path);
    }

    /// <inheritdoc/>
    public void Dispose() => _lock.Dispose();
}
