using System.Reflection;
using System.Runtime.CompilerServices;

namespace OrleansWork.Values;

/// <summary>Looks at types that Orleans serializes: what has no <c>[Id]</c> is left out there without a word.</summary>
internal static class OrleansMembers
{
    private const BindingFlags Declared = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    /// <summary>Returns what of a type marked <c>[GenerateSerializer]</c> would be lost.</summary>
    public static IReadOnlyList<string> Problems(Type type, string what)
    {
        List<string> problems = [];
        Visit(type, what, problems, []);
        return problems;
    }

    private static void Visit(Type type, string what, List<string> problems, HashSet<Type> seen)
    {
        if (!seen.Add(type))
            return;
        if (type.HasElementType)
            Visit(type.GetElementType()!, what, problems, seen);
        foreach (Type argument in type.GetGenericArguments())
            Visit(argument, what, problems, seen);
        if (!type.IsDefined(typeof(Orleans.GenerateSerializerAttribute), inherit: false))
            return;
        foreach (Type derived in type.IsSealed ? [] : DerivedTypes.Of(type))
            Visit(derived, what, problems, seen);
        for (
            Type? level = type;
            level is not null && level.GetCustomAttribute<Orleans.GenerateSerializerAttribute>(inherit: false) is { } mark;
            level = level.BaseType
        )
        {
            if (level != type && !seen.Add(level))
                break;
            bool isNumbered = mark.GenerateFieldIds != Orleans.GenerateFieldIds.None;
            bool isRecord = level.GetMethod("<Clone>$") is not null || level.GetMethod("PrintMembers", Declared) is not null;
            foreach (FieldInfo field in level.GetFields(Declared))
            {
                MemberInfo member = (MemberInfo?)PropertyOf(field) ?? field;
                bool isCarried =
                    isNumbered
                    || field.IsDefined(typeof(Orleans.IdAttribute), inherit: false)
                    || member.IsDefined(typeof(Orleans.IdAttribute), inherit: false)
                    || field.IsDefined(typeof(NonSerializedAttribute), inherit: false)
                    || (isRecord && mark.IncludePrimaryConstructorParameters && IsPrimary(level, member.Name));
                if (!isCarried)
                    problems.Add(
                        $"{TypeNames.Of(level)}.{member.Name}, of its {what}, has no [Id], so that Orleans leaves it out; give it one, or mark it [NonSerialized] if it is no part of the value."
                    );
                if (!field.IsDefined(typeof(NonSerializedAttribute), inherit: false))
                    Visit(field.FieldType, what, problems, seen);
            }
        }
    }

    private static bool IsPrimary(Type record, string name) =>
        record
            .GetConstructors(Declared)
            .SelectMany(constructor => constructor.GetParameters())
            .Any(parameter => string.Equals(parameter.Name, name, StringComparison.Ordinal));

    private static PropertyInfo? PropertyOf(FieldInfo field) =>
        field.IsDefined(typeof(CompilerGeneratedAttribute), inherit: false)
        && field.Name.StartsWith('<')
        && field.Name.IndexOf('>', StringComparison.Ordinal) is > 1 and var end
            ? field.DeclaringType!.GetProperty(field.Name[1..end], Declared)
            : null;
}
