using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Hosting;
using OrleansWork.Engine.Hosting;

namespace OrleansWork.Engine.Tests.Docs;

/// <summary>The samples of docs/hosting.md.</summary>
internal static class OwnHosts
{
    public static IHost BuildSilo(string[] args, int siloPort = 11111, int gatewayPort = 30000)
    {
        HostApplicationBuilder builder = Host.CreateApplicationBuilder(args);
        builder.UseOrleans(silo =>
        {
            // What your silo has already: any clustering, and a grain storage with the name "jobs".
            silo.UseLocalhostClustering(siloPort, gatewayPort);
            silo.AddMemoryGrainStorage("jobs");

            // What makes it work.
            silo.AddOrleansWork(options => options.Engine(engine => engine.Slots = 2)).AddJob<ParallelSum>();
        });
        return builder.Build();
    }

    public static WebApplication BuildWebApp(string[] args, int gatewayPort = 30000)
    {
        WebApplicationBuilder builder = WebApplication.CreateBuilder(args);
        builder.UseOrleansClient(client => client.UseLocalhostClustering(gatewayPort));
        builder.Services.AddOrleansWorkClient();
        WebApplication app = builder.Build();

        app.MapPost(
            "/sums",
            async (ParallelSum.Input input, IComputeClient client, CancellationToken cancellationToken) =>
            {
                JobHandle<long> job = await client.SubmitAsync(ParallelSum.Kind, input, cancellationToken: cancellationToken);
                return Results.Accepted($"/sums/{job.Id}");
            }
        );

        app.MapGet(
            "/sums/{id}",
            async (string id, IComputeClient client, CancellationToken cancellationToken) =>
            {
                JobDetails job = await client.GetJob(id).GetDetailsAsync(cancellationToken);
                return Results.Ok(new { job.State, Sum = job.Result });
            }
        );

        return app;
    }
}
