using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using OrleansWork.Silo.Hosting;

namespace OrleansWork.Silo.JobLoading;

/// <summary>Loads the job kinds that are not built in.</summary>
internal static class JobAssemblies
{
    private const string Contract = "OrleansWork.Abstractions";
    private const string Key = $"{SettingKeys.Section}:Jobs";

    /// <summary>Loads the assemblies at the paths of setting Jobs: an assembly, a folder of them, or a project, which is built first.</summary>
    /// <exception cref="SettingsException">One of them cannot be loaded or has no job kind.</exception>
    public static async Task<IReadOnlyList<Assembly>> LoadAsync(IEnumerable<string> paths, CancellationToken cancellationToken)
    {
        List<Assembly> assemblies = [];
        List<string> problems = [];
        foreach (string path in paths)
        {
            try
            {
                assemblies.AddRange(await LoadAsync(path, cancellationToken));
            }
            catch (Exception e)
                when (e
                        is BadImageFormatException
                            or InvalidDataException
                            or IOException
                            or UnauthorizedAccessException
                            or ProjectBuildException
                )
            {
                problems.Add($"{Key} has '{path}': {e.Message}");
            }
        }

        return problems.Count == 0 ? assemblies : throw new SettingsException(problems);
    }

    private static async Task<IReadOnlyList<Assembly>> LoadAsync(string path, CancellationToken cancellationToken)
    {
        bool folder = Directory.Exists(path);
        if (!folder && Path.GetExtension(path) is ".csproj" or ".fsproj" or ".vbproj")
            path = await ProjectBuild.BuildAsync(path, cancellationToken);
        List<string> files = folder ? [.. Directory.EnumerateFiles(path, "*.dll").Where(HasKinds).Order(StringComparer.Ordinal)] : [path];
        if (files.Count == 0 || !HasKinds(files[0]))
            throw new InvalidDataException($"it has no assembly that references {Contract}, so no job kind.");
        JobLoadContext context = new(path, files);
        List<Assembly> loaded = [.. files.Select(context.LoadFromAssemblyPath)];
        if (!loaded.Exists(a => JobKindDescriptor.FromAssembly(a).Count > 0))
            throw new InvalidDataException("it has no public class that derives from JobKind.");
        return loaded;
    }

    // Read without loading: a folder also holds the libraries of the kinds.
    private static bool HasKinds(string file)
    {
        if (
            Path.GetFileName(file).StartsWith("OrleansWork.", StringComparison.Ordinal)
            && File.Exists(Path.Combine(AppContext.BaseDirectory, Path.GetFileName(file)))
        )
            return false;
        using FileStream stream = File.OpenRead(file);
        using PEReader image = new(stream);
        if (!image.HasMetadata)
            return false;
        MetadataReader metadata = image.GetMetadataReader();
        return metadata.AssemblyReferences.Any(r => metadata.GetString(metadata.GetAssemblyReference(r).Name) == Contract);
    }
}
