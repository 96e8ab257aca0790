using System.Collections;
using System.ComponentModel.DataAnnotations;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace OrleansWork;

/// <summary>Applies DataAnnotations to an input, down into its nested objects and lists.</summary>
/// <remarks>Attributes count on properties and, for positional records, on the parameters they came from, where they are written first.</remarks>
internal static class Annotations
{
    private const int MaxDepth = 16;

    public static IEnumerable<InputProblem> Check(object? input) =>
        input is null ? [] : Check(input, OrleansWorkJson.Payloads.GetTypeInfo(input.GetType()), "", depth: 0);

    private static IEnumerable<InputProblem> Check(object value, JsonTypeInfo type, string path, int depth)
    {
        if (depth > MaxDepth)
            yield break;
        if (type.Kind == JsonTypeInfoKind.Enumerable)
        {
            // Lists of plain values have nothing to say, and may be long.
            if (type.ElementType is { } item && type.Options.GetTypeInfo(item).Kind == JsonTypeInfoKind.None)
                yield break;
            int index = 0;
            foreach (object? element in (IEnumerable)value)
            {
                foreach (InputProblem problem in CheckNested(element, type.Options, $"{path}[{index}]", depth))
                    yield return problem;
                index++;
            }

            yield break;
        }

        if (type.Kind != JsonTypeInfoKind.Object)
            yield break;
        foreach (JsonPropertyInfo property in type.Properties)
        {
            if (property.Get?.Invoke(value) is var member && property.Get is null)
                continue;
            string field = path.Length == 0 ? property.Name : $"{path}.{property.Name}";
            ValidationContext context = new(value) { MemberName = MemberName(property), DisplayName = field };
            foreach (ValidationAttribute attribute in AttributesOf(property))
            {
                if (attribute.GetValidationResult(member, context) is { } result)
                    yield return new(field, result.ErrorMessage ?? $"{field} has a value that is not allowed.");
            }

            foreach (InputProblem problem in CheckNested(member, type.Options, field, depth))
                yield return problem;
        }

        ValidationContext whole = new(value) { DisplayName = path.Length == 0 ? "input" : path };
        IEnumerable<ValidationResult?> results = value
            .GetType()
            .GetCustomAttributes<ValidationAttribute>(inherit: true)
            .Select(attribute => attribute.GetValidationResult(value, whole));
        if (value is IValidatableObject validatable)
            results = results.Concat(validatable.Validate(whole));
        foreach (ValidationResult result in results.OfType<ValidationResult>())
        {
            string member = JsonNamingPolicy.CamelCase.ConvertName(result.MemberNames.FirstOrDefault() ?? "");
            string field = (path.Length, member.Length) switch
            {
                (_, 0) => path,
                (0, _) => member,
                _ => $"{path}.{member}",
            };
            yield return new(field, result.ErrorMessage ?? "The value is not allowed.");
        }
    }

    private static IEnumerable<InputProblem> CheckNested(object? value, JsonSerializerOptions options, string path, int depth) =>
        value is null || value is string || value.GetType().IsPrimitive
            ? []
            : Check(value, options.GetTypeInfo(value.GetType()), path, depth + 1);

    private static IEnumerable<ValidationAttribute> AttributesOf(JsonPropertyInfo property) =>
        new[] { property.AttributeProvider, property.AssociatedParameter?.AttributeProvider }
            .OfType<ICustomAttributeProvider>()
            .SelectMany(provider => provider.GetCustomAttributes(typeof(ValidationAttribute), inherit: true))
            .Cast<ValidationAttribute>();

    private static string MemberName(JsonPropertyInfo property) => (property.AttributeProvider as MemberInfo)?.Name ?? property.Name;
}
