using System.Reflection;
using System.Text.Json;
using System.Text.RegularExpressions;
using OrleansWork.Checks;
using OrleansWork.Values;

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
        ItemType = ArgumentsOf(type, typeof(ItemKind<,,,>))?[1];
        OutputType = ArgumentsOf(type, typeof(MapKind<,,>))?[2];
        if (IsMap)
            MediaType = UnitResultsMediaType;
    }

    /// <summary>What the results of a map kind are: a JSON document <c>{unit, result | error}</c> per line.</summary>
    public const string UnitResultsMediaType = "application/x-ndjson";

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

    /// <summary>Gets the type of its items; null for a kind whose units are only numbers.</summary>
    public Type? ItemType { get; }

    /// <summary>Gets the type of the result of one item; null unless it is a <see cref="MapKind{TInput, TItem, TOut}"/>.</summary>
    public Type? OutputType { get; }

    /// <summary>Gets whether it keeps a result of each item.</summary>
    public bool IsMap => OutputType is not null;

    /// <summary>Reads a kind's class.</summary>
    /// <exception cref="JobKindDefinitionException">The class is not a kind that can be run; the message names it and what to change.</exception>
    public static JobKindDescriptor FromType(Type type)
    {
        Type[]? arguments = ArgumentsOf(type, typeof(JobKind<,,>));
        if (arguments is null || type.IsAbstract || type.ContainsGenericParameters)
            throw new JobKindDefinitionException(
                $"{type} is not a job kind: derive a class that is not abstract from JobKind<TInput, TResult>."
            );

        JobKindAttribute attribute = type.GetCustomAttribute<JobKindAttribute>() ?? new JobKindAttribute();
        string name = NameOf(type);
        if (!NamePattern().IsMatch(name))
            throw new JobKindDefinitionException($"{type} has the name '{name}'; use lower-case letters, digits and hyphens, at most 64.");
        if (attribute.Version < 1)
            throw new JobKindDefinitionException($"Job kind {name} ({type}) has version {attribute.Version}; versions start at 1.");

        CheckMediaType(attribute.MediaType, arguments[2], name, type);
        string method = ArgumentsOf(type, typeof(ItemKind<,,,>)) is null ? "RunUnit" : "RunItem";
        bool sync = Overrides(type, method);
        bool async = Overrides(type, $"{method}Async");
        if (sync == async)
        {
            throw new JobKindDefinitionException(
                $"Job kind {name} ({type}) overrides {(sync ? $"both {method} and {method}Async" : $"neither {method} nor {method}Async")}; override one of them."
            );
        }

        CheckInput(arguments[0], name, type);
        JobKindDescriptor descriptor = new(type, arguments, attribute, name, async);
        descriptor.CheckValues();
        return descriptor;
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

    private void CheckValues()
    {
        List<string> problems = [.. ValueWalk.Problems(InputType, "input")];
        if (ItemType is not null)
            problems.AddRange(CrossingProblems(ItemType, "item"));
        if (OutputType is not null)
        {
            problems.AddRange(ValueWalk.Problems(OutputType, "result"));
        }
        else
        {
            problems.AddRange(CrossingProblems(PartialType, "partial"));
            if (ResultType != PartialType)
                problems.AddRange(ValueWalk.Problems(ResultType, "result"));
        }

        if (problems.Count > 0)
        {
            throw new JobKindDefinitionException(
                $"Job kind {Name} ({Type}) cannot be run, its values would not survive the way between silos: {string.Join(" ", problems.Distinct(StringComparer.Ordinal))}"
            );
        }
    }

    // What Orleans serializes never becomes JSON.
    private static IReadOnlyList<string> CrossingProblems(Type type, string what) =>
        type.IsDefined(typeof(Orleans.GenerateSerializerAttribute), inherit: false)
            ? OrleansMembers.Problems(type, what)
            : ValueWalk.Problems(type, what);

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

    private static void CheckInput(Type input, string name, Type type)
    {
        IReadOnlyList<string> problems = InputConstruction.Check(input);
        if (problems.Count > 0)
        {
            throw new JobKindDefinitionException(
                $"Job kind {name} ({type}) has an input that cannot be made, {input}: {string.Join(' ', problems)}"
            );
        }
    }

    private static bool Overrides(Type type, string method) =>
        type.GetMethods(BindingFlags.Instance | BindingFlags.Public)
            .Any(candidate =>
                string.Equals(candidate.Name, method, StringComparison.Ordinal)
                && candidate.GetBaseDefinition().DeclaringType is { IsGenericType: true } root
                && Roots.Contains(root.GetGenericTypeDefinition())
                && candidate.DeclaringType != root
            );

    private static readonly Type[] Roots = [typeof(JobKind<,,>), typeof(ItemJobKind<,,,>), typeof(MapKind<,,>)];

    private static Type[]? ArgumentsOf(Type type, Type definition)
    {
        for (Type? root = type; root is not null; root = root.BaseType)
        {
            if (root.IsGenericType && root.GetGenericTypeDefinition() == definition)
                return root.GetGenericArguments();
        }

        return null;
    }

    [GeneratedRegex("^[a-z0-9][a-z0-9-]{0,63}$", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex NamePattern();

    [GeneratedRegex(
        "^[A-Za-z0-9!#$&^_.+-]{1,64}/[A-Za-z0-9!#$&^_.+-]{1,64}(; ?[A-Za-z0-9-]{1,32}=[A-Za-z0-9._-]{1,64})?$",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex MediaTypePattern();
}
