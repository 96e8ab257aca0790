using System.Reflection;
using System.Runtime.Loader;

namespace OrleansWork.Silo.JobLoading;

/// <summary>Keeps the assemblies of one <c>--jobs</c> path to itself: its libraries may have other versions than the silo's.</summary>
/// <param name="path">The path, which names the context.</param>
/// <param name="assemblies">The assemblies with job kinds, whose .deps.json say where their libraries are.</param>
internal sealed class JobLoadContext(string path, IEnumerable<string> assemblies) : AssemblyLoadContext(path)
{
    // What both sides must see as one type: the contract of job kinds and what it is made of.
    private static readonly HashSet<string> Contract = Closure(typeof(JobKind).Assembly);
    private readonly List<AssemblyDependencyResolver> _resolvers = [.. assemblies.Select(a => new AssemblyDependencyResolver(a))];

    /// <summary>Loads an assembly from a copy in memory, with its symbols: whoever builds it again must not pull it out from under the silo.</summary>
    public Assembly LoadCopyOf(string file)
    {
        using MemoryStream assembly = new(File.ReadAllBytes(file));
        string symbols = Path.ChangeExtension(file, ".pdb");
        if (!File.Exists(symbols))
            return LoadFromStream(assembly);
        using MemoryStream debug = new(File.ReadAllBytes(symbols));
        return LoadFromStream(assembly, debug);
    }

    /// <inheritdoc/>
    protected override Assembly? Load(AssemblyName assemblyName)
    {
        if (IsShared(assemblyName.Name!))
            return null;
        string? found = _resolvers.Select(r => r.ResolveAssemblyToPath(assemblyName)).FirstOrDefault(p => p is not null);
        return found is null ? null : LoadCopyOf(found);
    }

    /// <inheritdoc/>
    protected override nint LoadUnmanagedDll(string unmanagedDllName)
    {
        string? found = _resolvers.Select(r => r.ResolveUnmanagedDllToPath(unmanagedDllName)).FirstOrDefault(p => p is not null);
        return found is null ? 0 : LoadUnmanagedDllFromPath(found);
    }

    // Orleans and what else of this product a kind may use: their generated serializers register once a process.
    private static bool IsShared(string name) =>
        Contract.Contains(name)
        || (
            (name.StartsWith("Orleans.", StringComparison.Ordinal) || name.StartsWith("OrleansWork.", StringComparison.Ordinal))
            && File.Exists(Path.Combine(AppContext.BaseDirectory, name + ".dll"))
        );

    private static HashSet<string> Closure(Assembly root)
    {
        HashSet<string> names = [];
        Queue<Assembly> open = new([root]);
        while (open.TryDequeue(out Assembly? assembly))
        {
            if (!names.Add(assembly.GetName().Name!))
                continue;
            foreach (AssemblyName reference in assembly.GetReferencedAssemblies())
                open.Enqueue(Default.LoadFromAssemblyName(reference));
        }

        return names;
    }
}
