using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace OrleansWork.Checks;

/// <summary>Finds what of an input's type cannot be made from JSON: of a silo, an input is what JSON says.</summary>
/// <remarks>Only what reading would refuse whatever the JSON is; whether values survive is another question.</remarks>
internal sealed class InputConstruction
{
    private const int MaxProblems = 5;
    private readonly JsonSerializerOptions _options = OrleansWorkJson.Payloads;
    private readonly HashSet<Type> _seen = [];
    private readonly List<string> _problems = [];

    private InputConstruction() { }

    /// <summary>Checks a type and all that it is made of.</summary>
    /// <returns>A sentence for each member that cannot be made, with its path and what to do; empty when there is none.</returns>
    public static IReadOnlyList<string> Check(Type input)
    {
        InputConstruction check = new();
        check.Check(input, "");
        return check._problems;
    }

    private void Check(Type type, string path)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (_problems.Count >= MaxProblems || !_seen.Add(type))
            return;
        JsonTypeInfo known;
        try
        {
            known = _options.GetTypeInfo(type);
        }
        catch (Exception exception) when (exception is NotSupportedException or InvalidOperationException or ArgumentException)
        {
            Add(path, type, $"which cannot be read from JSON: {Causes.Message(exception)}");
            return;
        }

        switch (known.Kind)
        {
            case JsonTypeInfoKind.Object:
                CheckObject(known, path);
                break;
            case JsonTypeInfoKind.Enumerable:
                if (CanRead("[]", known, path))
                    CheckElements(known, path);
                break;
            case JsonTypeInfoKind.Dictionary:
                if (CanRead("""{"a":null}""", known, path))
                    CheckElements(known, path);
                break;
            default:
                CanRead("0", known, path);
                break;
        }
    }

    private void CheckObject(JsonTypeInfo type, string path)
    {
        if (type.PolymorphismOptions is { DerivedTypes.Count: > 0 } derived)
        {
            foreach (JsonDerivedType one in derived.DerivedTypes)
            {
                if (one.DerivedType != type.Type)
                    Check(one.DerivedType, path);
            }
        }
        else if (type.CreateObject is null && type.ConstructorAttributeProvider is null)
        {
            Add(
                path,
                type.Type,
                type.Type.IsInterface || type.Type.IsAbstract
                    ? $"which is {(type.Type.IsInterface ? "an interface" : "abstract")}; use a type that can be made, or name the ones that may come by [JsonDerivedType]."
                    : "which has no constructor that JSON can call; give it a public one, or mark one of several [JsonConstructor]."
            );
            return;
        }

        foreach (JsonPropertyInfo member in type.Properties)
        {
            bool isRead = member.Set is not null || member.AssociatedParameter is not null;
            if (isRead && !member.IsExtensionData && member.CustomConverter is null)
                Check(member.PropertyType, path.Length == 0 ? member.Name : $"{path}.{member.Name}");
        }
    }

    private void CheckElements(JsonTypeInfo type, string path)
    {
        if (type.ElementType is { } element)
            Check(element, $"{path}[]");
    }

    // What cannot be read at all says so before it looks at the JSON; any other complaint is about this text.
    private bool CanRead(string json, JsonTypeInfo type, string path)
    {
        try
        {
            JsonSerializer.Deserialize(json, type);
        }
        catch (NotSupportedException)
        {
            Add(path, type.Type, "which cannot be read from JSON; use a type that can, or write a JsonConverter for it.");
            return false;
        }
        catch (Exception)
        {
            // It can be read, though not from this.
        }

        return true;
    }

    private void Add(string path, Type type, string why)
    {
        if (_problems.Count < MaxProblems)
            _problems.Add($"{(path.Length == 0 ? "it" : path)} is a {type}, {why}");
    }
}
