using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace OrleansWork.Silo.Security;

/// <summary>Knows who asks by <c>Authorization: Bearer KEY</c>; there are no cookies.</summary>
internal sealed class KeyAuthentication(
    IOptionsMonitor<AuthenticationSchemeOptions> options,
    ILoggerFactory loggers,
    KeyRing keys,
    WrongKeys wrongKeys
) : AuthenticationHandler<AuthenticationSchemeOptions>(options, loggers, UrlEncoder.Default)
{
    /// <summary>The scheme's name.</summary>
    public const string Name = "Bearer";

    private const string Prefix = Name + " ";
    private bool _isCrowded;

    /// <inheritdoc/>
    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        string header = Request.Headers.Authorization.ToString();
        if (header.Length == 0)
            return AuthenticateResult.NoResult();
        if (header.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase) && keys.Find(header[Prefix.Length..].Trim()) is { } key)
        {
            ClaimsIdentity identity = new([new Claim(ClaimTypes.Name, key.Name), new Claim(ClaimTypes.Role, key.Role.ToString())], Name);
            return AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), Name));
        }

        wrongKeys.Report(Context);
        _isCrowded = !await keys.PenalizeAsync(Context.RequestAborted);
        return AuthenticateResult.Fail("The key is not one of this silo's.");
    }

    /// <inheritdoc/>
    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        if (_isCrowded)
        {
            Response.Headers.RetryAfter = "1";
            return Problem(
                StatusCodes.Status429TooManyRequests,
                ProblemTypes.Prefix + "too-many-requests",
                "Too many wrong keys.",
                "Try again in a second."
            );
        }

        Response.Headers[HeaderNames.WWWAuthenticate] = Name;
        return Problem(
            StatusCodes.Status401Unauthorized,
            ProblemTypes.Unauthorized,
            "A key is needed.",
            Request.Headers.Authorization.Count == 0
                ? "Send the header 'Authorization: Bearer KEY'. The key of a local cluster is in its cluster.json, which its owner can read."
                : "The key that was sent is not one of this silo's."
        );
    }

    /// <inheritdoc/>
    protected override Task HandleForbiddenAsync(AuthenticationProperties properties) =>
        Problem(
            StatusCodes.Status403Forbidden,
            ProblemTypes.Forbidden,
            "The key's role does not allow this.",
            Context.GetEndpoint()?.Metadata.GetMetadata<RoleNeeded>() is { } needed
                ? $"It takes a key of the role {KeyAuthorization.WordOf(needed.Role)}, or of one that may do more; the one that was sent is of the role {Context.User.RoleOf()}."
                : null
        );

    private Task Problem(int status, string type, string title, string? detail) =>
        TypedResults
            .Problem(
                new ProblemDetails
                {
                    Type = type,
                    Title = title,
                    Status = status,
                    Detail = detail,
                }
            )
            .ExecuteAsync(Context);
}
