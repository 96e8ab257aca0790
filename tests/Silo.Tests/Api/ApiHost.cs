using System.Net;
using System.Net.Http.Headers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OrleansWork.Jobs;
using OrleansWork.Silo.Api;
using OrleansWork.Silo.Security;
using OrleansWork.Testing;

namespace OrleansWork.Silo.Tests.Api;

/// <summary>A cluster of two silos in this process, and the HTTP API before it, twice: as two silos have it.</summary>
public sealed class ApiHost : IAsyncLifetime
{
    private readonly Dictionary<AccessRole, string> _keys = [];
    private readonly List<WebApplication> _apps = [];
    private ComputeTestCluster? _cluster;

    internal ComputeTestCluster Cluster => _cluster ?? throw new InvalidOperationException("The cluster is not there yet.");

    /// <summary>Gets where the API answers.</summary>
    internal IReadOnlyList<Uri> Urls { get; private set; } = [];

    internal IServiceProvider Services => _apps[0].Services;

    public async ValueTask InitializeAsync()
    {
        _cluster = await ComputeTestCluster.StartAsync(kinds =>
            kinds
                .AddJob<Sum>()
                .AddJob<Wait>()
                .AddJob<Synthetic>()
                .AddJob<Squares>()
                .AddJob<Blob>()
                .AddJob<Talk>()
                .AddJob<Shout>()
                .AddJob<Uncounted>()
        );
        List<AccessKey> keys = [];
        foreach (AccessRole role in Enum.GetValues<AccessRole>())
        {
            (string text, AccessKey key) = AccessKey.Create($"a-{role}", role);
            _keys[role] = text;
            keys.Add(key);
        }

        for (int i = 0; i < 2; i++)
            _apps.Add(await StartAsync(_cluster.Silos.Client, keys));
        Urls = [.. _apps.Select(AddressOf)];
    }

    public async ValueTask DisposeAsync()
    {
        foreach (WebApplication app in _apps)
            await app.DisposeAsync();
        if (_cluster is not null)
            await _cluster.DisposeAsync();
    }

    internal string Key(AccessRole role) => _keys[role];

    /// <summary>Makes a client that has the key of a role, or none.</summary>
    internal HttpClient Http(AccessRole? role = AccessRole.Operator)
    {
        HttpClient http = new() { BaseAddress = Urls[0] };
        if (role is { } known)
            http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Key(known));
        return http;
    }

    /// <summary>Starts the API before a cluster.</summary>
    internal static async Task<WebApplication> StartAsync(IGrainFactory grains, IReadOnlyList<AccessKey> keys)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            HttpLimits.Set(kestrel);
            kestrel.Listen(IPAddress.Loopback, 0);
        });
        builder.Services.AddSingleton(grains);
        builder.Services.AddKeys(keys);
        builder.Services.AddApi();
        builder.Services.AddReaderLimit();
        WebApplication app = builder.Build();
        app.UseReaderLimit();
        app.UseBrowserGuard();
        app.UseProblems();
        app.UseAuthentication();
        app.UseAuthorization();
        app.MapApi();
        await app.StartAsync();
        return app;
    }

    internal static Uri AddressOf(WebApplication app) =>
        new(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
}
