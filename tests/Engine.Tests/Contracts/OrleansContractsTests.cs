using System.Reflection;
using System.Text;
using Orleans;
using OrleansWork.Engine.Storage;
using OrleansWork.Engine.Tests.Docs;
using OrleansWork.Protocol;
using Xunit;

namespace OrleansWork.Engine.Tests.Contracts;

/// <summary>What crosses between silos, and what is stored, is written down in grains/OrleansContracts.txt: whoever changes it sees that silos of two versions may
/// have to understand each other, and that stored jobs have to be read.</summary>
/// <remarks><c>ORLEANSWORK_WRITE_CONTRACTS=1</c> writes the file anew.</remarks>
public sealed class OrleansContractsTests
{
    private const string Rule =
        "A type keeps its alias, a member its number and type, a method its alias and parameters. Add members with new numbers, and methods with new aliases; "
        + "numbers of members that are gone are not used again. If the change is meant, run this test with ORLEANSWORK_WRITE_CONTRACTS=1 and commit the file.";

    private static readonly Assembly[] s_assemblies =
    [
        typeof(IComputeClient).Assembly,
        typeof(IJobGrain).Assembly,
        typeof(JobManifest).Assembly,
        typeof(ClusterConnection).Assembly,
    ];

    [Fact]
    public void Contracts_AreThoseWrittenDown()
    {
        string file = Path.Combine(Pages.Root, "grains", "OrleansContracts.txt");
        string contracts = Describe();
        if (Environment.GetEnvironmentVariable("ORLEANSWORK_WRITE_CONTRACTS") == "1")
            File.WriteAllText(file, contracts);
        string[] written = File.ReadAllLines(file);
        string[] found = contracts.TrimEnd('\n').Split('\n');
        string[] gone = [.. written.Except(found, StringComparer.Ordinal).Select(line => $"- {line.Trim()}")];
        string[] added = [.. found.Except(written, StringComparer.Ordinal).Select(line => $"+ {line.Trim()}")];
        Assert.True(
            written.SequenceEqual(found, StringComparer.Ordinal),
            $"{string.Join(Environment.NewLine, [.. gone, .. added])}{Environment.NewLine}{Rule}"
        );
    }

    [Fact]
    public void Types_AllHaveAnAlias_AndNoMemberSharesItsNumber()
    {
        foreach (Type type in Serialized())
        {
            Assert.True(
                type.GetCustomAttribute<AliasAttribute>() is not null,
                $"{type} has no alias: moved or renamed, it could not be read."
            );
            Assert.All(
                Members(type).GroupBy(member => member.Number).Where(same => same.Count() > 1),
                same => Assert.Fail($"{type}: {string.Join(" and ", same.Select(member => member.Name))} share number {same.Key}.")
            );
        }
    }

    [Fact]
    public void Records_HaveANumberForEachOfTheirParts()
    {
        // Without one Orleans makes one up, which another member may have.
        foreach (Type type in Serialized())
        {
            HashSet<string> numbered = [.. Members(type).Select(member => member.Name)];
            foreach (ParameterInfo part in type.GetConstructors().SelectMany(constructor => constructor.GetParameters()))
            {
                if (part.Name is { } name && type.GetProperty(name) is { SetMethod: not null })
                    Assert.True(numbered.Contains(name), $"{type}: {name} has no [Id].");
            }
        }
    }

    [Fact]
    public void Grains_AllHaveATypeOfTheirOwn() =>
        Assert.All(
            Grains(),
            grain => Assert.True(grain.GetCustomAttribute<GrainTypeAttribute>() is not null, $"{grain} has no [GrainType].")
        );

    private static string Describe()
    {
        StringBuilder text = new();
        foreach (Type grain in Grains().OrderBy(TypeOf, StringComparer.Ordinal))
        {
            string does = string.Join(", ", grain.GetInterfaces().Intersect(Interfaces()).Select(AliasOf).Order(StringComparer.Ordinal));
            text.Append("grain ").Append(TypeOf(grain)).Append(": ").Append(does).Append('\n');
        }

        foreach (FieldInfo stored in typeof(JobStore).GetFields(BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.Public))
        {
            if (stored.GetValue(null) is GrainType or GrainId or string)
                text.Append("stored ").Append(stored.Name).Append(": ").Append(stored.GetValue(null)).Append('\n');
        }

        foreach (Type type in Serialized().OrderBy(AliasOf, StringComparer.Ordinal))
        {
            text.Append("type ").Append(AliasOf(type)).Append('\n');
            foreach ((uint number, string name, Type member) in Members(type))
                text.Append("    ").Append(number).Append(' ').Append(name).Append(": ").Append(NameOf(member)).Append('\n');
        }

        foreach (Type type in Enums().OrderBy(type => type.FullName, StringComparer.Ordinal))
        {
            text.Append("enum ").Append(type.Name).Append(": ").Append(NameOf(Enum.GetUnderlyingType(type))).Append('\n');
            foreach (object value in Enum.GetValuesAsUnderlyingType(type))
                text.Append("    ").Append(value).Append(' ').Append(Enum.GetName(type, value)).Append('\n');
        }

        foreach (Type type in Interfaces().OrderBy(AliasOf, StringComparer.Ordinal))
        {
            text.Append("interface ").Append(AliasOf(type)).Append('\n');
            foreach (MethodInfo method in type.GetMethods().OrderBy(AliasOf, StringComparer.Ordinal))
            {
                string parameters = string.Join(", ", method.GetParameters().Select(parameter => NameOf(parameter.ParameterType)));
                text.Append("    ").Append(AliasOf(method)).Append('(').Append(parameters).Append(") -> ");
                text.Append(NameOf(method.ReturnType)).Append('\n');
            }
        }

        return text.ToString();
    }

    private static IEnumerable<Type> Serialized() =>
        s_assemblies
            .SelectMany(assembly => assembly.GetTypes())
            .Where(type => type.IsDefined(typeof(GenerateSerializerAttribute), inherit: false));

    private static IEnumerable<Type> Interfaces() =>
        s_assemblies
            .SelectMany(assembly => assembly.GetTypes())
            .Where(type => type.IsInterface && typeof(IAddressable).IsAssignableFrom(type));

    private static IEnumerable<Type> Grains() =>
        s_assemblies
            .SelectMany(assembly => assembly.GetTypes())
            .Where(type => type is { IsClass: true, IsAbstract: false } && type.IsSubclassOf(typeof(Grain)));

    private static string TypeOf(Type grain) =>
        ((GrainTypeAttribute?)Attribute.GetCustomAttribute(grain, typeof(GrainTypeAttribute)))?.GetGrainType(null!, grain).ToString()
        ?? grain.Name;

    /// <summary>Lists the enumerations that cross in members and parameters.</summary>
    private static IEnumerable<Type> Enums() =>
        Serialized()
            .SelectMany(type => Members(type).Select(member => member.Type))
            .Concat(
                Interfaces()
                    .SelectMany(type => type.GetMethods())
                    .SelectMany(method => method.GetParameters().Append(method.ReturnParameter))
                    .Select(p => p.ParameterType)
            )
            .SelectMany(Parts)
            .Where(type => type.IsEnum)
            .Distinct();

    private static IEnumerable<Type> Parts(Type type) =>
        type.IsArray ? Parts(type.GetElementType()!)
        : type.IsGenericType ? type.GetGenericArguments().SelectMany(Parts)
        : [type];

    private static IEnumerable<(uint Number, string Name, Type Type)> Members(Type type) =>
        type.GetMembers(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly)
            .Where(member => member is FieldInfo or PropertyInfo && member.IsDefined(typeof(IdAttribute)))
            .Select(member =>
                (
                    member.GetCustomAttribute<IdAttribute>()!.Id,
                    member.Name,
                    member is PropertyInfo property ? property.PropertyType : ((FieldInfo)member).FieldType
                )
            )
            .OrderBy(member => member.Id)
            .Select(member => (member.Id, member.Name, member.Item3));

    private static string AliasOf(MemberInfo member) => member.GetCustomAttribute<AliasAttribute>()?.Alias ?? member.ToString()!;

    private static string NameOf(Type type)
    {
        if (type.IsArray)
            return $"{NameOf(type.GetElementType()!)}[]";
        if (!type.IsGenericType)
            return type.GetCustomAttribute<AliasAttribute>()?.Alias ?? type.Name;
        string arguments = string.Join(", ", type.GetGenericArguments().Select(NameOf));
        return $"{type.Name[..type.Name.IndexOf('`', StringComparison.Ordinal)]}<{arguments}>";
    }
}
