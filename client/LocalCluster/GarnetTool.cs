using System.Diagnostics;
using System.Text.Json;

namespace OrleansWork.Console.LocalCluster;

/// <summary>The store of a local cluster: Garnet, a tool of the repository's tool manifest.</summary>
internal static class GarnetTool
{
    private const string Package = "garnet-server";
    private const string Program = "GarnetServer.dll";
    private static readonly string ManifestPath = Path.Combine(".config", "dotnet-tools.json");

    /// <summary>Finds Garnet's program, restoring the manifest's tools when it is not there yet.</summary>
    /// <param name="log">Where to say that tools are being restored.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The path of an assembly that <c>dotnet</c> runs: without the wrapper process of <c>dotnet tool run</c>.</returns>
    /// <exception cref="LocalClusterException">It is not there and could not be restored.</exception>
    public static async Task<string> FindAsync(TextWriter log, CancellationToken cancellationToken)
    {
        if (Environment.GetEnvironmentVariable("ORLEANSWORK_GARNET") is { Length: > 0 } named)
            return File.Exists(named)
                ? named
                : throw new LocalClusterException(3, $"ORLEANSWORK_GARNET names '{named}', which is no file.");
        string root = FindManifestRoot();
        string version = ReadVersion(Path.Combine(root, ManifestPath));
        if (Find(version) is { } installed)
            return installed;
        await log.WriteLineAsync($"Restoring the tools of {Path.Combine(root, ManifestPath)} (once, for {Package} {version}) …")
            .ConfigureAwait(false);
        await RestoreAsync(root, cancellationToken).ConfigureAwait(false);
        return Find(version)
            ?? throw new LocalClusterException(
                3,
                $"'dotnet tool restore' in {root} succeeded, but {Program} of {Package} {version} is in none of the NuGet folders."
            );
    }

    private static string FindManifestRoot()
    {
        foreach (string start in (string[])[AppContext.BaseDirectory, Environment.CurrentDirectory])
        {
            for (DirectoryInfo? folder = new(start); folder is not null; folder = folder.Parent)
            {
                if (File.Exists(Path.Combine(folder.FullName, ManifestPath)))
                    return folder.FullName;
            }
        }

        throw new LocalClusterException(
            3,
            $"A local cluster keeps its state in Garnet, a tool of {ManifestPath}, but no folder above {AppContext.BaseDirectory} or the current one has that file. Run in the repository, or name GarnetServer.dll in ORLEANSWORK_GARNET."
        );
    }

    private static string ReadVersion(string manifest)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(manifest));
            return document.RootElement.GetProperty("tools").GetProperty(Package).GetProperty("version").GetString()!;
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new LocalClusterException(3, $"{manifest} does not list {Package}: {e.Message}");
        }
    }

    private static string? Find(string version)
    {
        string home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        string packages = Environment.GetEnvironmentVariable("NUGET_PACKAGES") is { Length: > 0 } set
            ? set
            : Path.Combine(home, ".nuget", "packages");
        string tools = Path.Combine(packages, Package, version, "tools");

        // The folder of the newest framework sorts last.
        return (
                Directory.Exists(tools)
                    ? Directory.EnumerateFiles(tools, Program, SearchOption.AllDirectories).Order(StringComparer.Ordinal).LastOrDefault()
                    : null
            ) ?? FindInResolverCache(home, version);
    }

    // What the tool resolver notes about tools whose packages are elsewhere, as a NuGet.config may say.
    private static string? FindInResolverCache(string home, string version)
    {
        string cache = Path.Combine(home, ".dotnet", "toolResolverCache", "1", Package);
        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(cache));
            return document
                .RootElement.EnumerateArray()
                .Where(e => e.GetProperty("Version").GetString() == version)
                .Select(e => e.GetProperty("PathToExecutable").GetString())
                .FirstOrDefault(File.Exists);
        }
        catch (Exception e)
            when (e is IOException or UnauthorizedAccessException or JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return null;
        }
    }

    private static async Task RestoreAsync(string root, CancellationToken cancellationToken)
    {
        using Process restore = Process.Start(
            new ProcessStartInfo(Programs.FindDotnet(), ["tool", "restore"])
            {
                WorkingDirectory = root,
                UseShellExecute = false,
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            }
        )!;
        try
        {
            restore.StandardInput.Close();
            Task<string> output = restore.StandardOutput.ReadToEndAsync(cancellationToken);
            Task<string> errors = restore.StandardError.ReadToEndAsync(cancellationToken);
            await restore.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
            if (restore.ExitCode != 0)
                throw new LocalClusterException(
                    3,
                    $"'dotnet tool restore' in {root} failed:{Environment.NewLine}{await output.ConfigureAwait(false)}{await errors.ConfigureAwait(false)}".TrimEnd()
                );
        }
        finally
        {
            if (!restore.HasExited)
                restore.Kill(entireProcessTree: true);
        }
    }
}
