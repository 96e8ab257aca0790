using System.Text;
using Microsoft.AspNetCore.Authorization;
using Orleans.Dashboard;
using OrleansWork.Silo.Security;
using OrleansWork.Silo.Settings;

namespace OrleansWork.Silo.Page;

/// <summary>Orleans' own dashboard at <c>/orleans</c>, for operators, where it is switched on: it looks at every call of every grain.</summary>
internal static class OrleansDashboard
{
    private const string Root = "/orleans";

    // It has no data, and a browser that opens it has no key yet to send.
    private static readonly string[] s_open =
    [
        "/",
        "/index.html",
        "/index.min.js",
        "/index.css",
        "/favicon.ico",
        "/fonts/{**path}",
        "/img/{**path}",
    ];

    /// <summary>Adds what collects.</summary>
    public static ISiloBuilder UseDashboard(this ISiloBuilder silo, SiloSettings settings) =>
        settings.OrleansDashboard ? silo.AddDashboard() : silo;

    /// <summary>Maps it, if it is switched on.</summary>
    public static void MapDashboard(this WebApplication app, SiloSettings settings)
    {
        if (!settings.OrleansDashboard)
            return;
        IEndpointConventionBuilder routes = app.MapOrleansDashboard(Root).ExcludeFromDescription();
        routes.Add(endpoint =>
        {
            bool isOpen = endpoint is RouteEndpointBuilder route && s_open.Contains(route.RoutePattern.RawText?[Root.Length..]);
            if (isOpen)
                endpoint.Metadata.Add(new AllowAnonymousAttribute());
            else
                KeyAuthorization.Require(endpoint, AccessRole.Operator);
        });
    }

    /// <summary>Has its documents send the key of the browser's tab, and lets them do what they need.</summary>
    public static void UseDashboardKey(this WebApplication app, SiloSettings settings)
    {
        if (!settings.OrleansDashboard)
            return;
        app.UseWhen(
            context => context.Request.Path.StartsWithSegments(Root, StringComparison.Ordinal),
            branch =>
                branch.Use(
                    async (context, next) =>
                    {
                        context.Response.Headers.ContentSecurityPolicy = BrowserGuard.PolicyOfGuests(nonce: null);
                        if (context.Request.Path.Value is not (Root + "/" or Root + "/index.html"))
                        {
                            await next(context);
                            return;
                        }

                        // What is packed could not be added to.
                        context.Request.Headers.AcceptEncoding = default;
                        Stream body = context.Response.Body;
                        using MemoryStream document = new();
                        context.Response.Body = document;
                        await next(context);
                        context.Response.Body = body;
                        string html = Encoding
                            .UTF8.GetString(document.GetBuffer(), 0, (int)document.Length)
                            .Replace("<head>", """<head><script type="module" src="/js/orleans.js"></script>""", StringComparison.Ordinal);
                        context.Response.ContentLength = Encoding.UTF8.GetByteCount(html);
                        await context.Response.WriteAsync(html, context.RequestAborted);
                    }
                )
        );
    }
}
