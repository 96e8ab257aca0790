using System.Text.Json;
using OrleansWork.Protocol.Security;
using OrleansWork.Store.Files;

namespace OrleansWork.Console.Connection;

/// <summary>Where a user's <see cref="SavedClusters"/> are kept: a file for them alone in their configuration folder, since it has keys.</summary>
/// <param name="path">The file; null for a user without such a folder.</param>
internal sealed class ContextFile(string? path)
{
    /// <summary>Returns the file of the user who runs this.</summary>
    public static ContextFile OfUser() => new(SecretFile.FolderOfUser() is { } folder ? Path.Combine(folder, "contexts.json") : null);

    /// <summary>Reads it; without a file there are none.</summary>
    /// <exception cref="UsageException">It cannot be read.</exception>
    public SavedClusters Read()
    {
        if (path is null)
            return SavedClusters.None;
        try
        {
            return
                JsonSerializer.Deserialize(File.ReadAllBytes(path), SavedClustersJson.Default.SavedClusters) is { Contexts: not null } saved
                ? saved
                : SavedClusters.None;
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return SavedClusters.None;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new UsageException($"{path} cannot be read: {exception.Message} Remove it and log in again.");
        }
    }

    /// <summary>Replaces it.</summary>
    /// <exception cref="UsageException">It cannot be written.</exception>
    public void Write(SavedClusters saved)
    {
        if (path is null)
            throw new UsageException("This user has no home folder to keep contexts in; use --url, with the key in ORLEANSWORK_KEY.");
        try
        {
            PrivateFiles.CreateFolder(Path.GetDirectoryName(path)!);
            PrivateFiles.Replace(path, JsonSerializer.SerializeToUtf8Bytes(saved, SavedClustersJson.Default.SavedClusters), durable: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"{path} cannot be written: {exception.Message}");
        }
    }
}
