using System.Reflection;

namespace OrleansWork.Silo.JobLoading;

/// <summary>Which file defines which kind, to say so when two do.</summary>
internal sealed class KindCatalog
{
    private readonly Dictionary<(string Name, int Version), (string File, Type Type)> _kinds = [];
    private readonly List<string> _conflicts = [];

    /// <summary>Gets what is defined twice, a sentence or two for each.</summary>
    public IReadOnlyList<string> Conflicts => _conflicts;

    /// <summary>Takes the kinds of an assembly.</summary>
    /// <param name="assembly">The assembly.</param>
    /// <param name="file">Its file, which an assembly that was loaded from memory does not know.</param>
    /// <returns>How many kinds it has.</returns>
    /// <exception cref="InvalidDataException">A library that its types need is not there.</exception>
    /// <exception cref="JobKindDefinitionException">One of its kinds cannot be run.</exception>
    public int Add(Assembly assembly, string file)
    {
        IReadOnlyList<JobKindDescriptor> kinds = Read(assembly);
        foreach (JobKindDescriptor kind in kinds)
        {
            if (_kinds.TryAdd((kind.Name, kind.Version), (file, kind.Type)))
                continue;
            (string otherFile, Type otherType) = _kinds[(kind.Name, kind.Version)];
            _conflicts.Add(
                $"Job kind {kind.Name} version {kind.Version} is defined twice: by {otherType} in {otherFile} and by {kind.Type} in {file}. Rename one, or raise its Version."
            );
        }

        return kinds.Count;
    }

    private static IReadOnlyList<JobKindDescriptor> Read(Assembly assembly)
    {
        try
        {
            return JobKindDescriptor.FromAssembly(assembly);
        }
        catch (Exception exception) when (exception is FileNotFoundException or FileLoadException or TypeLoadException)
        {
            string needed = (exception as FileNotFoundException)?.FileName ?? (exception as FileLoadException)?.FileName ?? "";
            throw new InvalidDataException(
                $"{(needed.Length > 0 ? $"it needs {needed}, which is not beside it" : Causes.Message(exception).TrimEnd('.'))}. A project copies the libraries it needs when it has <EnableDynamicLoading>true</EnableDynamicLoading>.",
                exception
            );
        }
    }
}
