using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using OrleansWork.Silo.Security;

namespace OrleansWork.Silo.Api;

/// <summary>The OpenAPI document at <c>/openapi/v1.json</c>.</summary>
internal static class OpenApiDescription
{
    private const string Scheme = "key";

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
            options.AddOperationTransformer(
                (operation, context, _) =>
                {
                    if (context.Description.ActionDescriptor.EndpointMetadata.OfType<RoleNeeded>().FirstOrDefault() is { } needed)
                    {
                        string role = $"Asks for a key of the role {QueryValues.WordOf(needed.Role)}, or one that may do more.";
                        operation.Description = operation.Description is { Length: > 0 } text ? $"{text}\n\n{role}" : role;
                    }

                    return Task.CompletedTask;
                }
            );
        });

    /// <summary>Maps it.</summary>
    public static void MapOpenApiDescription(this WebApplication app) =>
        app.MapOpenApi("/openapi/{documentName}.json").RequireRole(AccessRole.Viewer);
}
