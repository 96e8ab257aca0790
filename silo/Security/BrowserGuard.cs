using Microsoft.AspNetCore.Mvc;

namespace OrleansWork.Silo.Security;

/// <summary>What browsers are told, and what is not taken from them: pages of other sites ask nothing here.</summary>
internal static class BrowserGuard
{
    /// <summary>What a document from here may load and do: only what is from here, too.</summary>
    public const string PagePolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    /// <summary>Returns what documents may do that others have made: they set styles in their markup, and ask nobody else either.</summary>
    /// <param name="nonce">What scripts in their markup carry; null when there are none.</param>
    public static string PolicyOfGuests(string? nonce) =>
        $"default-src 'none'; script-src 'self'{(nonce is null ? "" : $" 'nonce-{nonce}'")}; style-src 'self' 'unsafe-inline'; font-src 'self' data:; img-src 'self' data: blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private const string NothingPolicy = "default-src 'none'; frame-ancestors 'none'; sandbox";

    /// <summary>Refuses requests of other sites' pages, and sets the headers that browsers obey.</summary>
    public static void UseBrowserGuard(this WebApplication app) =>
        app.Use(
            (context, next) =>
            {
                IHeaderDictionary headers = context.Response.Headers;
                headers.XContentTypeOptions = "nosniff";
                headers["Referrer-Policy"] = "no-referrer";
                headers["Cross-Origin-Resource-Policy"] = "same-origin";
                headers.ContentSecurityPolicy = NothingPolicy;
                headers.CacheControl = "no-store";
                return IsForeign(context.Request) ? RefuseAsync(context) : next(context);
            }
        );

    // A browser names the site whose page asks; "null" is a page of none. Programs name none.
    private static bool IsForeign(HttpRequest request)
    {
        string origin = request.Headers.Origin.ToString();
        return origin.Length > 0 && !string.Equals(origin, $"{request.Scheme}://{request.Host}", StringComparison.OrdinalIgnoreCase);
    }

    private static Task RefuseAsync(HttpContext context) =>
        TypedResults
            .Problem(
                new ProblemDetails
                {
                    Type = ProblemTypes.Prefix + "foreign-origin",
                    Title = "Pages of other sites may not ask here.",
                    Status = StatusCodes.Status403Forbidden,
                    Detail = "The request has an Origin that is not this silo's address.",
                }
            )
            .ExecuteAsync(context);
}
