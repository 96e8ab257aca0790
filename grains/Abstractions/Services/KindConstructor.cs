using System.Reflection;
using Microsoft.Extensions.DependencyInjection;

namespace OrleansWork.Services;

/// <summary>Makes the instances of job kinds, and says beforehand, in words for their authors, why one could not be made.</summary>
internal static class KindConstructor
{
    /// <summary>Makes an instance.</summary>
    /// <param name="kind">The kind's class.</param>
    /// <param name="services">Where the parameters of its constructor come from.</param>
    public static object Create(Type kind, IServiceProvider services) => ActivatorUtilities.CreateInstance(services, kind);

    /// <summary>Makes an instance; a constructor that throws is told as what is wrong with the kind.</summary>
    /// <exception cref="JobKindDefinitionException">It throws, or a service that it needs cannot be made.</exception>
    /// <inheritdoc cref="Create"/>
    public static object CreateOrExplain(JobKindDescriptor kind, IServiceProvider services)
    {
        Check(kind, services);
        try
        {
            return Create(kind.Type, services);
        }
        catch (Exception exception)
        {
            throw new JobKindDefinitionException(
                $"Job kind {kind.Name} ({kind.Type}) cannot be made: its constructor, or a service it needs, threw {Causes.Describe(exception)}",
                exception
            )
            {
                Class = kind.Type,
            };
        }
    }

    /// <summary>Checks that there is one constructor to call and that every parameter of it is known.</summary>
    /// <exception cref="JobKindDefinitionException">There is none, or several would do, or a service is missing; the message names the parameter.</exception>
    public static void Check(JobKindDescriptor kind, IServiceProvider services)
    {
        if (WhyNot(kind.Type, services) is { } why)
            throw new JobKindDefinitionException($"Job kind {kind.Name} ({kind.Type}) {why}") { Class = kind.Type };
    }

    private static string? WhyNot(Type kind, IServiceProvider services)
    {
        ConstructorInfo[] constructors = kind.GetConstructors();
        if (constructors.Length == 0)
            return "has no public constructor; make one public.";
        if (services.GetService<IServiceProviderIsService>() is not { } known)
            return null;
        ConstructorInfo[] preferred = [.. constructors.Where(c => c.IsDefined(typeof(ActivatorUtilitiesConstructorAttribute)))];
        if (preferred.Length > 1)
            return $"has {preferred.Length} constructors marked [ActivatorUtilitiesConstructor]; mark one.";
        (ConstructorInfo Constructor, string[] Missing)[] tried =
        [
            .. (preferred.Length == 1 ? preferred : constructors).Select(c => (c, Missing(c, known).ToArray())),
        ];
        ConstructorInfo[] possible = [.. tried.Where(t => t.Missing.Length == 0).Select(t => t.Constructor)];
        if (possible.Length == 0)
            return string.Join(' ', tried.MinBy(t => t.Missing.Length).Missing);
        int most = possible.Max(c => c.GetParameters().Length);
        ConstructorInfo[] longest = [.. possible.Where(c => c.GetParameters().Length == most)];
        return longest.Length == 1
            ? null
            : $"has several constructors that could be called, {string.Join(" and ", longest.Select(Signature))}; mark one [ActivatorUtilitiesConstructor].";
    }

    private static IEnumerable<string> Missing(ConstructorInfo constructor, IServiceProviderIsService known)
    {
        foreach (ParameterInfo parameter in constructor.GetParameters())
        {
            if (parameter.HasDefaultValue || IsKnown(parameter, known))
                continue;
            Type type = parameter.ParameterType;
            yield return IsValue(type)
                ? $"asks for {Article(type)} in parameter {parameter.Name} of its constructor, which only takes services; give the parameter a default, or make it a field of the input."
                : $"needs a service {Name(type)}{Keyed(parameter)} for parameter {parameter.Name} of its constructor, and nobody registers one; register it in a public class that implements {nameof(IJobServices)}, in the assembly of the kind, or in the host of the silo.";
        }
    }

    private static bool IsKnown(ParameterInfo parameter, IServiceProviderIsService known)
    {
        if (parameter.GetCustomAttribute<FromKeyedServicesAttribute>() is { } keyed)
            return known is IServiceProviderIsKeyedService byKey && byKey.IsKeyedService(parameter.ParameterType, keyed.Key);
        return known.IsService(parameter.ParameterType);
    }

    private static string Keyed(ParameterInfo parameter) =>
        parameter.GetCustomAttribute<FromKeyedServicesAttribute>() is { } keyed ? $" with the key {keyed.Key}" : "";

    private static bool IsValue(Type type) => type.IsValueType || type == typeof(string) || type.IsArray;

    private static string Article(Type type) => type == typeof(string) ? "a string" : $"a value of type {Name(type)}";

    private static string Signature(ConstructorInfo constructor) =>
        $"({string.Join(", ", constructor.GetParameters().Select(parameter => Name(parameter.ParameterType)))})";

    private static string Name(Type type) =>
        type.IsConstructedGenericType
            ? $"{type.Name.Split('`')[0]}<{string.Join(", ", type.GenericTypeArguments.Select(Name))}>"
            : type.Name;
}
