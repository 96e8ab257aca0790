namespace OrleansWork;

/// <summary>How requests that were not carried out look by HTTP: the problem types of RFC 9457 and the status codes that belong to each
/// <see cref="ErrorReason"/>, and the way back.</summary>
internal static class ProblemTypes
{
    /// <summary>What every type begins with.</summary>
    public const string Prefix = "/problems/";

    /// <summary>The media type of a problem's document.</summary>
    public const string MediaType = "application/problem+json";

    /// <summary>No key, or one that the cluster does not know.</summary>
    public const string Unauthorized = Prefix + "unauthorized";

    /// <summary>A key whose role does not allow it.</summary>
    public const string Forbidden = Prefix + "forbidden";

    /// <summary>The result of a job that has not ended.</summary>
    public const string NotFinished = Prefix + "not-finished";

    /// <summary>The result of a job that ended without one.</summary>
    public const string NoResult = Prefix + "no-result";

    /// <summary>Returns the type of a reason.</summary>
    public static string Of(ErrorReason reason) =>
        Prefix
        + reason switch
        {
            ErrorReason.WrongInput => "wrong-input",
            ErrorReason.NotFound => "not-found",
            ErrorReason.Refused => "refused",
            ErrorReason.Conflict => "conflict",
            ErrorReason.Busy => "busy",
            ErrorReason.LimitReached => "limit-reached",
            _ => "unavailable",
        };

    /// <summary>Returns the status code of a reason.</summary>
    public static int StatusOf(ErrorReason reason) =>
        reason switch
        {
            ErrorReason.WrongInput => 400,
            ErrorReason.NotFound => 404,
            ErrorReason.Refused or ErrorReason.Conflict => 409,
            ErrorReason.Busy or ErrorReason.LimitReached => 429,
            _ => 503,
        };

    /// <summary>Returns what a reason is called in one sentence.</summary>
    public static string TitleOf(ErrorReason reason) =>
        reason switch
        {
            ErrorReason.WrongInput => "The request is wrong.",
            ErrorReason.NotFound => "There is no such thing.",
            ErrorReason.Refused => "The state does not allow it.",
            ErrorReason.Conflict => "The id is taken.",
            ErrorReason.Busy => "The cluster is busy.",
            ErrorReason.LimitReached => "A limit is reached.",
            _ => "The cluster or its storage does not answer.",
        };

    /// <summary>Returns the reason that an answer stands for; by its type where that is one of these, otherwise by its status code.</summary>
    public static ErrorReason ReasonOf(string? type, int status)
    {
        foreach (ErrorReason reason in Enum.GetValues<ErrorReason>())
        {
            if (string.Equals(type, Of(reason), StringComparison.Ordinal))
                return reason;
        }

        return status switch
        {
            400 or 411 or 413 or 414 or 415 or 431 => ErrorReason.WrongInput,
            404 => ErrorReason.NotFound,
            429 => ErrorReason.Busy,
            >= 500 => ErrorReason.Unavailable,
            _ => ErrorReason.Refused,
        };
    }
}
