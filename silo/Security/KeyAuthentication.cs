using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;
using OrleansWork.Engine.Security;

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
                "/problems/too-many-requests",
                "Too many wrong keys.",
                "Try again in a second."
            );
        }

        Response.Headers[HeaderNames.WWWAuthenticate] = Name;
        return Problem(
            StatusCodes.Status401Unauthorized,
            "/problems/unauthorized",
            "A key is needed.",
            Request.Headers.Authorization.Count == 0
                ? "Send the header 'Authorization: Bearer KEY'. The key of a local cluster is in its cluster.json, which its owner can read."
                : "The key that was sent is not one of this silo's."
        );
    }

    /// <inheritdoc/>
    protected override Task HandleForbiddenAsync(AuthenticationProperties properties) =>
        Problem(StatusCodes.Status403Forbidden, "/problems/forbidden", "The key's role does not allow this.", detail: null);

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

/// <summary>Says in the log that somebody tries keys, and does not let them fill it.</summary>
internal sealed partial class WrongKeys(ILogger<WrongKeys> logger)
{
    private readonly LogLimit _limit = new(TimeProvider.System);

    /// <summary>Reports a request whose key is wrong.</summary>
    public void Report(HttpContext context)
    {
        if (_limit.TryTake(out int suppressed))
            LogWrongKey(context.Connection.RemoteIpAddress?.ToString() ?? "unknown", suppressed);
    }

    [LoggerMessage(
        LogLevel.Warning,
        "A request by HTTP from {RemoteAddress} had a key that is none of this silo's and was refused. {SuppressedCount} more like it since the last such line"
    )]
    private partial void LogWrongKey(string remoteAddress, int suppressedCount);
}

/// <summary>Routes and the roles they ask for.</summary>
internal static class KeyAuthorization
{
    /// <summary>Adds keys, and asks for one wherever a route does not say otherwise, and where there is none.</summary>
    public static void AddKeys(this IServiceCollection services, IReadOnlyList<AccessKey> keys)
    {
        services.AddSingleton(_ => new KeyRing(keys, TimeProvider.System));
        services.AddSingleton<WrongKeys>();

        // The core alone: all of it would make keys for cookies, and write them to the user's home.
        services.AddAuthenticationCore(options =>
        {
            options.DefaultScheme = KeyAuthentication.Name;
            options.AddScheme<KeyAuthentication>(KeyAuthentication.Name, displayName: null);
        });
        services.AddAuthorizationBuilder().SetFallbackPolicy(PolicyOf(AccessRole.Operator));
    }

    /// <summary>Asks for a key of a role, or of one that may do more.</summary>
    public static TBuilder RequireRole<TBuilder>(this TBuilder route, AccessRole role)
        where TBuilder : IEndpointConventionBuilder => route.RequireAuthorization(PolicyOf(role));

    /// <summary>Returns whether whoever asks may know what a role may know.</summary>
    public static bool Has(this ClaimsPrincipal user, AccessRole role) =>
        Enum.TryParse(user.FindFirstValue(ClaimTypes.Role), out AccessRole has) && has >= role;

    private static AuthorizationPolicy PolicyOf(AccessRole role) =>
        new AuthorizationPolicyBuilder(KeyAuthentication.Name)
            .RequireAuthenticatedUser()
            .RequireAssertion(context => context.User.Has(role))
            .Build();
}
