using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace OrleansWork.Silo.Api;

/// <summary>What a request that was not carried out is answered: RFC 9457, at most a few kilobytes, no stack.</summary>
internal static class Problems
{
    private const int LongestDetail = 1_500;
    private const int LongestProblem = 300;
    private const int MostProblems = 5;
    private const int LongestField = 64;

    /// <summary>Answers why the cluster, or a client of it, refused.</summary>
    public static ProblemHttpResult Of(HttpContext context, RequestException refusal)
    {
        Dictionary<string, string[]> errors = refusal
            .Problems.Take(MostProblems)
            .GroupBy(problem => BoundedText.Cut(problem.Field, LongestField), StringComparer.Ordinal)
            .ToDictionary(
                field => field.Key,
                field => field.Select(problem => BoundedText.Cut(problem.Message, LongestProblem)).ToArray(),
                StringComparer.Ordinal
            );
        if (refusal.Reason is ErrorReason.Busy or ErrorReason.LimitReached or ErrorReason.Unavailable)
            context.Response.Headers.RetryAfter = refusal.Reason == ErrorReason.LimitReached ? "5" : "1";
        return Of(
            ProblemTypes.StatusOf(refusal.Reason),
            ProblemTypes.Of(refusal.Reason),
            ProblemTypes.TitleOf(refusal.Reason),
            refusal.Message,
            errors
        );
    }

    /// <summary>Answers with a problem.</summary>
    public static ProblemHttpResult Of(
        int status,
        string type,
        string title,
        string? detail,
        IReadOnlyDictionary<string, string[]>? errors = null
    )
    {
        ProblemDetails problem = new()
        {
            Type = type,
            Title = title,
            Status = status,
            Detail = detail is null ? null : BoundedText.Cut(detail, LongestDetail),
        };
        if (errors is { Count: > 0 })
            problem.Extensions["errors"] = errors;
        return TypedResults.Problem(problem);
    }

    /// <summary>Answers a request that is wrong in one field.</summary>
    public static RequestRefusedException Wrong(string field, string message) =>
        new(ErrorReason.WrongInput, message, [new InputProblem(field, message)]);

    /// <summary>Answers a request that is wrong in several fields.</summary>
    /// <param name="problems">What is wrong.</param>
    /// <param name="unnamed">What a problem is listed under that names no field.</param>
    public static RequestRefusedException Wrong(IReadOnlyList<InputProblem> problems, string unnamed) =>
        new(
            ErrorReason.WrongInput,
            string.Join(' ', problems.Select(problem => problem.Message)),
            [.. problems.Select(problem => problem.Field.Length == 0 ? problem with { Field = unnamed } : problem)]
        );

    /// <summary>Says what a status code without a body means.</summary>
    public static ProblemHttpResult OfStatus(HttpContext context) =>
        context.Response.StatusCode switch
        {
            StatusCodes.Status404NotFound => Of(
                StatusCodes.Status404NotFound,
                ProblemTypes.Of(ErrorReason.NotFound),
                "There is no such thing.",
                $"There is no route {context.Request.Path}; /openapi/v1.json lists what there is."
            ),
            StatusCodes.Status405MethodNotAllowed => Of(
                StatusCodes.Status405MethodNotAllowed,
                ProblemTypes.Prefix + "method-not-allowed",
                "The route does not take this method.",
                $"{context.Request.Path} does not take {context.Request.Method}; /openapi/v1.json says what it takes."
            ),
            StatusCodes.Status415UnsupportedMediaType => UnsupportedMediaType(),
            int other => Of(other, ProblemTypes.Of(ProblemTypes.ReasonOf(null, other)), "The request was not carried out.", detail: null),
        };

    /// <summary>Answers a body that is not JSON by its own word.</summary>
    public static ProblemHttpResult UnsupportedMediaType() =>
        Of(
            StatusCodes.Status415UnsupportedMediaType,
            ProblemTypes.Prefix + "unsupported-media-type",
            "The body must be JSON.",
            "Send the header 'Content-Type: application/json'."
        );

    /// <summary>Answers what the server itself refuses of a request: a body that is too large, or broken off.</summary>
    public static ProblemHttpResult Of(BadHttpRequestException bad) =>
        bad.StatusCode == StatusCodes.Status413PayloadTooLarge
            ? Of(
                StatusCodes.Status413PayloadTooLarge,
                ProblemTypes.Prefix + "too-large",
                "The body is too large.",
                $"A request has at most {Security.HttpLimits.MaxBodyBytes >> 20} MiB. Put the data where the silos can read it, and say where."
            )
            : Of(bad.StatusCode, ProblemTypes.Of(ErrorReason.WrongInput), ProblemTypes.TitleOf(ErrorReason.WrongInput), bad.Message);
}
