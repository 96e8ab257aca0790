using Microsoft.Net.Http.Headers;
using OrleansWork.Silo.Security;

namespace OrleansWork.Silo.Page;

/// <summary>Serves the page at <c>/</c>: to anybody, since it says nothing of the cluster before it has a key.</summary>
internal static class PageExtensions
{
    private static readonly string[] s_methods = [HttpMethods.Get, HttpMethods.Head];

    /// <summary>Maps its files, each as a route of its own.</summary>
    public static void MapPage(this WebApplication app)
    {
        PageFiles files = PageFiles.OfSilo;
        foreach (string name in files.Names.Append(""))
        {
            PageFile file = files.Find(name)!;
            app.MapMethods("/" + name, s_methods, context => ServeAsync(context, file)).AllowAnonymous().ExcludeFromDescription();
        }
    }

    private static async Task ServeAsync(HttpContext context, PageFile file)
    {
        HttpResponse response = context.Response;
        response.Headers.ContentSecurityPolicy = BrowserGuard.PagePolicy;
        response.Headers.ETag = file.Tag.ToString();
        response.Headers.Vary = HeaderNames.AcceptEncoding;
        // Asked for anew each time, sent only where it has changed: after an upgrade no old part meets a new one.
        response.Headers.CacheControl = "no-cache";
        if (
            EntityTagHeaderValue.TryParseList(context.Request.Headers.IfNoneMatch, out IList<EntityTagHeaderValue>? known)
            && known.Any(tag => tag.Compare(file.Tag, useStrongComparison: false))
        )
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        byte[] content = file.Content;
        if (
            file.Packed is { } packed
            && context.Request.Headers.AcceptEncoding.ToString().Contains("gzip", StringComparison.OrdinalIgnoreCase)
        )
        {
            response.Headers.ContentEncoding = "gzip";
            content = packed;
        }

        response.ContentType = file.MediaType;
        response.ContentLength = content.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
            await response.Body.WriteAsync(content, context.RequestAborted);
    }
}
