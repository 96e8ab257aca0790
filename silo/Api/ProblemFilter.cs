namespace OrleansWork.Silo.Api;

/// <summary>Turns what handlers throw because of the request into its problem document.</summary>
internal sealed class ProblemFilter : IEndpointFilter
{
    /// <inheritdoc/>
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        try
        {
            return await next(context);
        }
        catch (RequestException refusal)
        {
            return Problems.Of(context.HttpContext, refusal);
        }
        catch (BadHttpRequestException bad)
        {
            return Problems.Of(bad);
        }
    }
}
