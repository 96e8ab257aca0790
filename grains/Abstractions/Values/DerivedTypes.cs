using System.Collections;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.Loader;
using System.Text.Json.Serialization.Metadata;

namespace OrleansWork.Values;

/// <summary>Finds the classes that may stand where a base class or an interface is declared.</summary>
internal static class DerivedTypes
{
    private static readonly ConditionalWeakTable<Assembly, Type[]> Classes = [];

    /// <summary>Lets a base class or interface of an author's be written as what it is: with <c>"$type"</c> first where that is a derived class.</summary>
    public static void Declare(JsonTypeInfo type)
    {
        if (type.PolymorphismOptions is not null || type.Type.IsSealed || type.Type.IsValueType)
            return;
        List<Type> derived = Of(type.Type);
        if (derived.Count == 0)
            return;
        JsonPolymorphismOptions options = new();
        foreach (Type candidate in derived)
        {
            bool isUnique = derived.TrueForAll(other =>
                other == candidate || !string.Equals(TypeNames.Of(other), TypeNames.Of(candidate), StringComparison.Ordinal)
            );
            options.DerivedTypes.Add(new JsonDerivedType(candidate, isUnique ? TypeNames.Of(candidate) : candidate.ToString()));
        }

        type.PolymorphismOptions = options;
    }

    /// <summary>Lists the classes and structs that derive from a type, those of the assemblies that refer to its own included.</summary>
    public static List<Type> Of(Type root) =>
        [
            .. Around(root.Assembly)
                .SelectMany(assembly => Classes.GetValue(assembly, static key => ClassesOf(key)))
                .Select(candidate => Close(candidate, root))
                .OfType<Type>()
                .Where(candidate => candidate != root && root.IsAssignableFrom(candidate) && !candidate.IsAssignableTo(typeof(IEnumerable)))
                .OrderBy(candidate => candidate.ToString(), StringComparer.Ordinal),
        ];

    // A class that derives from another's is there before values of it are.
    private static IEnumerable<Assembly> Around(Assembly assembly)
    {
        string? name = assembly.GetName().Name;
        return AssemblyLoadContext.GetLoadContext(assembly) is not { } context
            ? [assembly]
            : context.Assemblies.Where(other =>
                other == assembly
                || Array.Exists(other.GetReferencedAssemblies(), reference => string.Equals(reference.Name, name, StringComparison.Ordinal))
            );
    }

    private static Type[] ClassesOf(Assembly assembly)
    {
        Type?[] all;
        try
        {
            all = assembly.GetTypes();
        }
        catch (ReflectionTypeLoadException exception)
        {
            all = exception.Types;
        }

        return
        [
            .. all.OfType<Type>().Where(type => type is { IsAbstract: false, IsInterface: false } && (type.IsClass || type.IsValueType)),
        ];
    }

    private static Type? Close(Type candidate, Type root)
    {
        if (!candidate.ContainsGenericParameters)
            return candidate;
        if (!root.IsGenericType || !candidate.IsGenericTypeDefinition)
            return null;
        Type[] arguments = root.GetGenericArguments();
        if (candidate.GetGenericArguments().Length != arguments.Length)
            return null;
        try
        {
            return candidate.MakeGenericType(arguments);
        }
        catch (ArgumentException)
        {
            // Its parameters are of another kind.
            return null;
        }
    }
}
