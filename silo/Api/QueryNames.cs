using System.Reflection;
using Microsoft.AspNetCore.Mvc;

namespace OrleansWork.Silo.Api;

/// <summary>Refuses what a query names and the route does not know: a misspelt filter is not one that lets everything through.</summary>
internal static class QueryNames
{
    private const int LongestName = 64;

    /// <summary>Has all routes of a group look at the names of their queries.</summary>
    public static void ChecksQueryNames(this RouteGroupBuilder routes) =>
        routes.AddEndpointFilterFactory(
            static (route, next) =>
            {
                string[] bound =
                [
                    .. route
                        .MethodInfo.GetParameters()
                        .Where(parameter =>
                            parameter.ParameterType == typeof(string) && parameter.GetCustomAttribute<FromHeaderAttribute>() is null
                        )
                        .Select(parameter => parameter.Name!),
                ];
                return asked =>
                {
                    if (asked.HttpContext.Request.Query.Count > 0)
                        Check(asked.HttpContext, bound);
                    return next(asked);
                };
            }
        );

    private static void Check(HttpContext context, string[] bound)
    {
        foreach (string asked in context.Request.Query.Keys)
        {
            if (bound.Contains(asked, StringComparer.OrdinalIgnoreCase) && !context.Request.RouteValues.ContainsKey(asked))
                continue;
            string[] known = [.. bound.Where(name => !context.Request.RouteValues.ContainsKey(name))];
            string shown = BoundedText.Cut(asked, LongestName);
            string remedy =
                known.Length == 0 ? "It takes none."
                : Suggestions.Nearest(shown, known) is { } nearest ? $"Did you mean '{nearest}'?"
                : $"It takes {string.Join(", ", known)}.";
            throw Problems.Wrong(shown, $"The route knows no query parameter '{shown}'. {remedy}");
        }
    }
}
