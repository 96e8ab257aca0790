using System.Security.Claims;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Net.Http.Headers;

namespace OrleansWork.Silo.Security;

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
        where TBuilder : IEndpointConventionBuilder => route.RequireAuthorization(PolicyOf(role)).WithMetadata(new RoleNeeded(role));

    /// <summary>Asks for a key of a role, or of one that may do more, at one endpoint of many.</summary>
    public static void Require(EndpointBuilder endpoint, AccessRole role)
    {
        endpoint.Metadata.Add(PolicyOf(role));
        endpoint.Metadata.Add(new RoleNeeded(role));
    }

    /// <summary>Returns a role as documents name it.</summary>
    public static string WordOf(AccessRole role) => JsonNamingPolicy.KebabCaseLower.ConvertName(role.ToString());

    /// <summary>Returns the role of the key of whoever asks, as documents name it.</summary>
    public static string RoleOf(this ClaimsPrincipal user) => WordOf(Enum.Parse<AccessRole>(user.FindFirstValue(ClaimTypes.Role)!));

    /// <summary>Returns whether whoever asks may know what a role may know.</summary>
    public static bool Has(this ClaimsPrincipal user, AccessRole role) =>
        Enum.TryParse(user.FindFirstValue(ClaimTypes.Role), out AccessRole has) && has >= role;

    private static AuthorizationPolicy PolicyOf(AccessRole role) =>
        new AuthorizationPolicyBuilder(KeyAuthentication.Name)
            .RequireAuthenticatedUser()
            .RequireAssertion(context => context.User.Has(role))
            .Build();
}
