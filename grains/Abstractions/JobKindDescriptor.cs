using System.Reflection;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace OrleansWork;

/// <summary>What is known of a job kind from its type alone.</summary>
public sealed partial class JobKindDescriptor
{
    private JobKindDescriptor(Type type, Type[] arguments, JobKindAttribute attribute, string name, bool isAsync)
    {
        Type = type;
        (InputType, PartialType, ResultType) = (arguments[0], arguments[1], arguments[2]);
        Name = name;
        Version = attribute.Version;
        Description = attribute.Description;
        SideEffects = attribute.SideEffects;
        AsyncSlots = attribute.AsyncSlots;
        MediaType = attribute.MediaType ?? (ResultType == typeof(byte[]) ? "application/octet-stream" : "application/json");
        IsAsync = isAsync;
    }

    /// <summary>Gets the kind's class.</summary>
    public Type Type { get; }

    /// <summary>Gets the type of its input.</summary>
    public Type InputType { get; }

    /// <summary>Gets the type of its partials.</summary>
    public Type PartialType { get; }

    /// <summary>Gets the type of its result.</summary>
    public Type ResultType { get; }

    /// <summary>Gets its name.</summary>
    public string Name { get; }

    /// <summary>Gets its version.</summary>
    public int Version { get; }

    /// <summary>Gets one sentence about it.</summary>
    public string Description { get; }

    /// <summary>Gets whether a unit must not run twice at the same time.</summary>
    public bool SideEffects { get; }

    /// <summary>Gets how many of its asynchronous units may wait at once on a silo, or 0 for the silo's own number.</summary>
    public int AsyncSlots { get; }

    /// <summary>Gets what its results are: <c>application/json</c>, or what the bytes of a <c>byte[]</c> are.</summary>
    public string MediaType { get; }

    /// <summary>Gets whether it overrides RunUnitAsync.</summary>
    public bool IsAsync { get; }

    /// <summary>Reads a kind's class.</summary>
    /// <exception cref="JobKindDefinitionException">The class is not a kind that can be run; the message names it and what to change.</exception>
    public static JobKindDescriptor FromType(Type type)
    {
        Type? root = type;
        while (root is not null && !(root.IsGenericType && root.GetGenericTypeDefinition() == typeof(JobKind<,,>)))
            root = root.BaseType;
        if (root is null || type.IsAbstract || type.ContainsGenericParameters)
            throw new JobKindDefinitionException(
                $"{type} is not a job kind: derive a class that is not abstract from JobKind<TInput, TResult>."
            );

        JobKindAttribute attribute = type.GetCustomAttribute<JobKindAttribute>() ?? new JobKindAttribute();
        string name = NameOf(type);
        if (!NamePattern().IsMatch(name))
            throw new JobKindDefinitionException($"{type} has the name '{name}'; use lower-case letters, digits and hyphens, at most 64.");
        if (attribute.Version < 1)
            throw new JobKindDefinitionException($"Job kind {name} ({type}) has version {attribute.Version}; versions start at 1.");

        Type[] arguments = root.GetGenericArguments();
        CheckMediaType(attribute.MediaType, arguments[2], name, type);
        bool sync = Overrides(type, "RunUnit");
        bool async = Overrides(type, "RunUnitAsync");
        if (sync == async)
        {
            throw new JobKindDefinitionException(
                $"Job kind {name} ({type}) overrides {(sync ? "both RunUnit and RunUnitAsync" : "neither RunUnit nor RunUnitAsync")}; override one of them."
            );
        }

        return new JobKindDescriptor(type, arguments, attribute, name, async);
    }

    /// <summary>Finds the kinds in an assembly: its public classes that derive from <see cref="JobKind"/> and are not abstract.</summary>
    public static IReadOnlyList<JobKindDescriptor> FromAssembly(Assembly assembly) =>
        [
            .. assembly
                .GetExportedTypes()
                .Where(type => type is { IsAbstract: false, ContainsGenericParameters: false } && type.IsSubclassOf(typeof(JobKind)))
                .Select(FromType),
        ];

    /// <summary>Makes the JSON schema of the input, with each property's default, its description and its range where attributes say them.</summary>
    public JsonElement InputSchema() => JsonSerializer.SerializeToElement(KindSchema.Of(InputType), OrleansWorkJson.Documents);

    internal static string NameOf(Type type) =>
        type.GetCustomAttribute<JobKindAttribute>()?.Name ?? JsonNamingPolicy.KebabCaseLower.ConvertName(type.Name);

    private static void CheckMediaType(string? mediaType, Type result, string name, Type type)
    {
        if (mediaType is null)
            return;
        if (result != typeof(byte[]))
        {
            throw new JobKindDefinitionException(
                $"Job kind {name} ({type}) names the media type '{mediaType}', but its result is {result}, which is always JSON; only a byte[] has a media type of its own."
            );
        }

        if (!MediaTypePattern().IsMatch(mediaType))
            throw new JobKindDefinitionException($"Job kind {name} ({type}) has the media type '{mediaType}'; write it as image/png.");
    }

    private static bool Overrides(Type type, string method) =>
        type.GetMethods(BindingFlags.Instance | BindingFlags.Public)
            .Any(candidate =>
                string.Equals(candidate.Name, method, StringComparison.Ordinal)
                && candidate.GetBaseDefinition().DeclaringType is { IsGenericType: true } root
                && root.GetGenericTypeDefinition() == typeof(JobKind<,,>)
                && candidate.DeclaringType != root
            );

    [GeneratedRegex("^[a-z0-9][a-z0-9-]{0,63}$", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex NamePattern();

    [GeneratedRegex(
        "^[A-Za-z0-9!#$&^_.+-]{1,64}/[A-Za-z0-9!#$&^_.+-]{1,64}(; ?[A-Za-z0-9-]{1,32}=[A-Za-z0-9._-]{1,64})?$",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex MediaTypePattern();
}

/// <summary>A class that is meant to be a job kind and cannot be one.</summary>
public sealed class JobKindDefinitionException(string message) : Exception(message);
