using Microsoft.AspNetCore.Diagnostics;
using OrleansWork.Silo.Watching;

namespace OrleansWork.Silo.Api;

/// <summary>The HTTP API of a silo: any silo answers any request for the whole cluster.</summary>
internal static class ApiExtensions
{
    // Whoever asks by HTTP asks again: an answer that says so soon is worth more than one that is long in coming.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    /// <summary>Adds what the API needs; the host has a grain factory.</summary>
    public static void AddApi(this IServiceCollection services)
    {
        services.AddSingleton(provider => new ComputeClient(
            provider.GetRequiredService<IGrainFactory>(),
            new ComputeClientOptions
            {
                RetryFor = s_patience,
                RetryListsFor = s_patience,
                RetryBusy = false,
            },
            TimeProvider.System
        ));
        services.AddSingleton(provider => new JobWatch(provider.GetRequiredService<ComputeClient>(), TimeProvider.System));
        services.AddSingleton(provider => new ClusterWatch(provider.GetRequiredService<ComputeClient>(), TimeProvider.System));
        services.AddSingleton(_ => new LoadSamples(TimeProvider.System));
        services.AddSingleton<EventStream>();
        services.AddOpenApiDescription();
        services.ConfigureHttpJsonOptions(options => OrleansWorkJson.SetDocuments(options.SerializerOptions));
    }

    /// <summary>Answers what no route answers, and what breaks, with a problem document; before the routes.</summary>
    public static void UseProblems(this WebApplication app)
    {
        app.UseExceptionHandler(
            new ExceptionHandlerOptions
            {
                ExceptionHandler = context =>
                    Problems
                        .Of(
                            StatusCodes.Status500InternalServerError,
                            ProblemTypes.Prefix + "internal",
                            "The silo made a mistake.",
                            $"The silo's log says more, at request {context.TraceIdentifier}."
                        )
                        .ExecuteAsync(context),
            }
        );
        app.UseStatusCodePages(pages => Problems.OfStatus(pages.HttpContext).ExecuteAsync(pages.HttpContext));
    }

    /// <summary>Maps the API.</summary>
    public static void MapApi(this WebApplication app)
    {
        app.MapOpenApiDescription();
        RouteGroupBuilder api = app.MapGroup("/api");
        api.AddEndpointFilter(new ProblemFilter());
        api.ChecksQueryNames();
        api.MapJobs();
        api.MapCluster();
    }
}
