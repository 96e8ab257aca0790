using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using OrleansWork.Values;

namespace OrleansWork;

/// <summary>How inputs, results and documents become JSON.</summary>
public static class OrleansWorkJson
{
    /// <summary>How deep objects and lists may be nested.</summary>
    public const int MaxDepth = 64;

    /// <summary>Gets the options for inputs and results of job kinds: camelCase, named floating-point literals, unknown members refused.</summary>
    public static JsonSerializerOptions Payloads { get; } = Create(strict: true);

    /// <summary>Gets the options for documents about jobs and silos: the same, with null written out and unknown members ignored when read.</summary>
    public static JsonSerializerOptions Documents { get; } = Create(strict: false);

    /// <summary>Sets options of somebody else's, made for the web, to those of <see cref="Documents"/>.</summary>
    internal static void SetDocuments(JsonSerializerOptions options)
    {
        options.PropertyNameCaseInsensitive = false;
        options.MaxDepth = Documents.MaxDepth;
        options.Encoder = Documents.Encoder;
        options.NumberHandling = Documents.NumberHandling;
        options.UnmappedMemberHandling = Documents.UnmappedMemberHandling;
        options.AllowDuplicateProperties = false;
        foreach (JsonConverter converter in Documents.Converters)
            options.Converters.Add(converter);
    }

    private static JsonSerializerOptions Create(bool strict)
    {
        JsonSerializerOptions options = new(JsonSerializerDefaults.Web)
        {
            PropertyNameCaseInsensitive = false,
            MaxDepth = MaxDepth,
            // People read this JSON in a terminal; pages get it as application/json, never inside HTML.
            Encoder = strict
                ? new StrictTextEncoder(JavaScriptEncoder.UnsafeRelaxedJsonEscaping)
                : JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
            NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
            UnmappedMemberHandling = strict ? JsonUnmappedMemberHandling.Disallow : JsonUnmappedMemberHandling.Skip,
            RespectNullableAnnotations = strict,
            RespectRequiredConstructorParameters = strict,
            AllowDuplicateProperties = false,
            // Tuples consist of fields: without this they would lose everything, silently.
            IncludeFields = strict,
            TypeInfoResolver = new DefaultJsonTypeInfoResolver { Modifiers = { strict ? ValueContract.Complete : static _ => { } } },
            Converters = { new DurationConverter(ofValues: strict), new BigIntegerConverter() },
        };
        if (strict)
        {
            options.Converters.Add(new EnumConverterFactory());
            options.Converters.Add(new ValueConverterFactory());
        }
        else
        {
            options.Converters.Add(new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower, allowIntegerValues: false));
        }

        options.MakeReadOnly();
        return options;
    }
}
