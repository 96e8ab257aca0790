using OrleansWork.Silo.Security;
using Scalar.AspNetCore;

namespace OrleansWork.Silo.Page;

/// <summary>The API reference at <c>/reference</c>: to anybody, since the document that it shows is asked for with the key of the browser's tab.</summary>
internal static class ReferencePage
{
    private const string Root = "/reference";

    /// <summary>Lets documents of the reference do what it needs.</summary>
    public static void UseReferencePolicy(this WebApplication app) =>
        app.UseWhen(
            context => context.Request.Path.StartsWithSegments(Root, StringComparison.Ordinal),
            branch =>
                branch.Use(
                    (context, next) =>
                    {
                        // The page makes the nonce when it is written.
                        context.Response.OnStarting(() =>
                        {
                            string? nonce = context.Items[ScalarOptions.NonceHttpContextItemKey] as string;
                            context.Response.Headers.ContentSecurityPolicy = BrowserGuard.PolicyOfGuests(nonce);
                            return Task.CompletedTask;
                        });
                        return next(context);
                    }
                )
        );

    /// <summary>Maps it.</summary>
    public static void MapReference(this WebApplication app) =>
        app.MapScalarApiReference(
                Root,
                options =>
                    options
                        .WithTitle("OrleansWork API")
                        .AddDocument("v1", "OrleansWork", "/openapi/v1.json")
                        .WithNonce()
                        .WithJavaScriptConfiguration("/js/reference.js")
                        .WithFavicon("/favicon.svg")
                        .DisableDefaultFonts()
                        .DisableTelemetry()
                        .DisableAgent()
                        .HideDeveloperTools()
            )
            .AllowAnonymous()
            .ExcludeFromDescription();
}
