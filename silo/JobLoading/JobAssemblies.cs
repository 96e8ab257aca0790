using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using OrleansWork.Silo.Settings;

namespace OrleansWork.Silo.JobLoading;

/// <summary>Loads the job kinds that are not built in.</summary>
internal static class JobAssemblies
{
    private const string Contract = "OrleansWork.Abstractions";
    private const string Key = $"{SettingKeys.Section}:Jobs";

    /// <summary>Loads the assemblies at the paths of setting Jobs: an assembly, a folder of them, or a project, which is built first.</summary>
    /// <param name="paths">The paths; a file that several of them lead to is loaded once.</param>
    /// <param name="builtIn">The assembly of the ready-made kinds, whose names are taken.</param>
    /// <param name="cancellationToken">Gives up building.</param>
    /// <exception cref="SettingsException">One of them cannot be loaded, has no job kind, or defines a kind that another file defines too;
    /// the message names every file concerned.</exception>
    public static async Task<IReadOnlyList<JobAssembly>> LoadAsync(
        IEnumerable<string> paths,
        Assembly builtIn,
        CancellationToken cancellationToken
    )
    {
        List<JobAssembly> assemblies = [];
        List<string> problems = [];
        HashSet<string> loaded = new(StringComparer.Ordinal);
        KindCatalog catalog = new();
        catalog.Add(builtIn, builtIn.Location);
        foreach (string path in paths)
        {
            try
            {
                IReadOnlyList<string> files = await FindAsync(path, cancellationToken);
                JobLoadContext context = new(path, files);
                bool any = false;
                foreach (string file in files)
                {
                    if (!loaded.Add(file))
                    {
                        any = true;
                        continue;
                    }

                    Assembly assembly = Load(context, catalog, file, out int kinds);
                    any |= kinds > 0;
                    if (kinds > 0)
                        assemblies.Add(new JobAssembly(assembly, file));
                }

                if (!any)
                    throw new InvalidDataException("it has no public class that derives from JobKind.");
            }
            catch (JobFileException exception)
            {
                problems.Add(Problem(path, exception.File, exception.Message));
            }
            catch (Exception exception)
                when (exception
                        is BadImageFormatException
                            or InvalidDataException
                            or IOException
                            or UnauthorizedAccessException
                            or ProjectBuildException
                )
            {
                problems.Add(Problem(path, path, exception.Message));
            }
        }

        problems.AddRange(catalog.Conflicts);
        return problems.Count == 0 ? assemblies : throw new SettingsException(problems);
    }

    /// <summary>Says what is wrong with a kind that was loaded.</summary>
    /// <param name="assemblies">What was loaded.</param>
    /// <param name="refusal">What is wrong.</param>
    /// <returns>A sentence that names the file, where it is one of these.</returns>
    public static string Explain(IEnumerable<JobAssembly> assemblies, JobKindDefinitionException refusal)
    {
        string? file = assemblies.FirstOrDefault(job => job.Assembly == refusal.Class?.Assembly)?.File;
        return file is null ? refusal.Message : Problem(file, file, refusal.Message);
    }

    private static string Problem(string path, string file, string message) =>
        string.Equals(path, file, StringComparison.Ordinal) ? $"{Key} has '{path}': {message}" : $"{Key} has '{path}': {file}: {message}";

    // Looking at an assembly runs code of it: attributes are made, types are initialized.
    private static Assembly Load(JobLoadContext context, KindCatalog catalog, string file, out int kinds)
    {
        try
        {
            Assembly assembly = context.LoadCopyOf(file);
            kinds = catalog.Add(assembly, file);
            return assembly;
        }
        catch (Exception exception)
        {
            throw new JobFileException(
                file,
                exception is JobKindDefinitionException or InvalidDataException ? exception.Message : Causes.Describe(exception),
                exception
            );
        }
    }

    /// <summary>Finds the assemblies that a path leads to and that may have kinds.</summary>
    private static async Task<IReadOnlyList<string>> FindAsync(string path, CancellationToken cancellationToken)
    {
        if (Directory.Exists(path))
        {
            string[] files = [.. Directory.EnumerateFiles(path, "*.dll").Where(IsCandidate).Order(StringComparer.Ordinal)];
            return files.Length > 0 ? files : throw new InvalidDataException(NothingIn(path));
        }

        if (ProjectBuild.IsProject(path))
            path = await ProjectBuild.BuildAsync(path, cancellationToken);
        return References(path)
            ? [path]
            : throw new InvalidDataException(
                $"{(Path.GetFileName(path))} does not reference {Contract}, so it has no job kind. Name an assembly, a folder or a project."
            );
    }

    private static string NothingIn(string folder) =>
        Directory.EnumerateFiles(folder).FirstOrDefault(ProjectBuild.IsProject) is { } project
            ? $"it has no assembly that references {Contract}; to build the project in it, name {project}."
            : $"it has no assembly that references {Contract}, so no job kind.";

    // A folder also holds the libraries of the kinds, copies of this product's own among them.
    private static bool IsCandidate(string file)
    {
        string name = Path.GetFileName(file);
        if (name.StartsWith("OrleansWork.", StringComparison.Ordinal) && File.Exists(Path.Combine(AppContext.BaseDirectory, name)))
            return false;
        try
        {
            return References(file);
        }
        catch (BadImageFormatException)
        {
            // Not .NET.
            return false;
        }
    }

    // Read without loading.
    private static bool References(string file)
    {
        using FileStream stream = File.OpenRead(file);
        using PEReader image = new(stream);
        if (!image.HasMetadata)
            return false;
        MetadataReader metadata = image.GetMetadataReader();
        return metadata.AssemblyReferences.Any(r => metadata.GetString(metadata.GetAssemblyReference(r).Name) == Contract);
    }

    private sealed class JobFileException(string file, string message, Exception inner) : Exception(message, inner)
    {
        public string File { get; } = file;
    }
}
