using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using OrleansWork.Silo.Security;

namespace OrleansWork.Silo.Api;

/// <summary>The OpenAPI document at <c>/openapi/v1.json</c>.</summary>
internal static class OpenApiDescription
{
    private const string Scheme = "key";
    private static readonly string[] s_tags = ["Jobs", "Kinds", "Cluster", "Health"];
    private static readonly string s_ok = StatusCodes.Status200OK.ToString(System.Globalization.CultureInfo.InvariantCulture);
    private static readonly string s_otherAnswer = RouteDescriptions.OtherAnswer.ToString(
        System.Globalization.CultureInfo.InvariantCulture
    );
    private const string AnyJson = nameof(System.Text.Json.JsonElement);

    /// <summary>Adds what makes it.</summary>
    public static void AddOpenApiDescription(this IServiceCollection services) =>
        services.AddOpenApi(options =>
        {
            options.AddDocumentTransformer(
                (document, _, _) =>
                {
                    document.Info = new OpenApiInfo
                    {
                        Title = "OrleansWork",
                        Version = "1",
                        Description =
                            "Jobs and silos of a compute cluster; any silo answers for all. What is refused is a problem document (RFC 9457) that names the field.",
                    };
                    document.Servers?.Clear();
                    document.Tags = s_tags.Select(name => new OpenApiTag { Name = name }).ToHashSet();
                    document.Components ??= new OpenApiComponents();
                    document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>(StringComparer.Ordinal)
                    {
                        [Scheme] = new OpenApiSecurityScheme
                        {
                            Type = SecuritySchemeType.Http,
                            Scheme = "bearer",
                            Description = "A key: that of a local cluster is in its cluster.json.",
                        },
                    };
                    document.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(Scheme, document)] = [] }];
                    return Task.CompletedTask;
                }
            );
            options.AddSchemaTransformer(
                (schema, context, _) =>
                {
                    Describe(schema, context.JsonPropertyInfo?.PropertyType ?? context.JsonTypeInfo.Type);
                    return Task.CompletedTask;
                }
            );
            options.AddDocumentTransformer(
                (document, _, _) =>
                {
                    // What answers GET answers HEAD, which nobody needs to be told twice.
                    foreach (IOpenApiPathItem path in document.Paths.Values)
                        path.Operations?.Remove(HttpMethod.Head);
                    return Task.CompletedTask;
                }
            );
            options.AddDocumentTransformer(
                (document, _, _) =>
                {
                    foreach (IOpenApiSchema schema in document.Components?.Schemas?.Values ?? [])
                        TellAnyJson(schema);
                    return Task.CompletedTask;
                }
            );
            options.AddOperationTransformer(
                static (operation, _, _) =>
                {
                    JoinAnswers(operation);
                    return Task.CompletedTask;
                }
            );
            options.AddOperationTransformer(
                (operation, context, _) =>
                {
                    if (context.Description.ActionDescriptor.EndpointMetadata.OfType<RoleNeeded>().FirstOrDefault() is { } needed)
                    {
                        string role = $"Asks for a key of the role {KeyAuthorization.WordOf(needed.Role)}, or one that may do more.";
                        operation.Description = operation.Description is { Length: > 0 } text ? $"{text}\n\n{role}" : role;
                    }

                    OpenApiExamples.AddTo(operation);

                    return Task.CompletedTask;
                }
            );
        });

    /// <summary>Maps it.</summary>
    public static void MapOpenApiDescription(this WebApplication app) => app.MapOpenApi("/openapi/v1.json").RequireRole(AccessRole.Viewer);

    /// <summary>Says of an operation's 200 that it is either of two documents, where it is.</summary>
    private static void JoinAnswers(OpenApiOperation operation)
    {
        if (
            operation.Responses is { } responses
            && responses.Remove(s_otherAnswer, out IOpenApiResponse? other)
            && responses[s_ok].Content?.Values.FirstOrDefault() is { Schema: { } first } answer
            && other.Content?.Values.FirstOrDefault()?.Schema is { } second
        )
            answer.Schema = new OpenApiSchema { OneOf = [first, second] };
    }

    /// <summary>Describes types whose JSON the generator does not know: numbers that may be words, and durations.</summary>
    private static void Describe(OpenApiSchema schema, Type type)
    {
        bool isNullable = Nullable.GetUnderlyingType(type) is not null;
        Type plain = Nullable.GetUnderlyingType(type) ?? type;
        if (plain == typeof(double) && schema.AnyOf is { Count: > 0 } forms)
        {
            // It calls them objects, of which none is a number.
            schema.Type = null;
            if (isNullable && !forms.Any(form => form.Type == JsonSchemaType.Null))
                forms.Add(new OpenApiSchema { Type = JsonSchemaType.Null });
        }
        else if (plain == typeof(TimeSpan))
        {
            schema.Type = isNullable ? JsonSchemaType.String | JsonSchemaType.Null : JsonSchemaType.String;
            schema.Pattern = "^[0-9.]+(us|ms|s|m|h|d)$";
        }
    }

    /// <summary>Says of members that are any JSON that they are, with null among it: as one form beside null, they would have two forms for it.</summary>
    private static void TellAnyJson(IOpenApiSchema schema)
    {
        foreach ((string name, IOpenApiSchema member) in schema.Properties?.ToArray() ?? [])
        {
            if (
                member.OneOf is { Count: 2 } forms
                && forms.OfType<OpenApiSchemaReference>().FirstOrDefault() is { Reference.Id: AnyJson } any
            )
                schema.Properties![name] = any;
        }
    }
}
