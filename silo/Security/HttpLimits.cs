using Microsoft.AspNetCore.HostFiltering;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using OrleansWork.Http;

namespace OrleansWork.Silo.Security;

/// <summary>What HTTP lets strangers cost: bytes, time and connections; and by which names it may be called.</summary>
internal static class HttpLimits
{
    /// <summary>The most bytes of a request's body.</summary>
    public const int MaxBodyBytes = HttpApi.MaxBodyBytes;

    // Kestrel looks at its clock once a second and is late by up to two: a silent connection is to be closed within 10 s.
    private static readonly TimeSpan s_silence = TimeSpan.FromSeconds(6);

    /// <summary>Sets the limits of a connection and a request.</summary>
    public static void Set(KestrelServerOptions kestrel)
    {
        kestrel.AddServerHeader = false;
        KestrelServerLimits limits = kestrel.Limits;

        // A connection that says nothing counts as kept alive: this is also how long it lives.
        limits.KeepAliveTimeout = s_silence;
        limits.RequestHeadersTimeout = s_silence;
        limits.MinRequestBodyDataRate = new MinDataRate(bytesPerSecond: 240, gracePeriod: TimeSpan.FromSeconds(5));
        limits.MinResponseDataRate = new MinDataRate(bytesPerSecond: 240, gracePeriod: TimeSpan.FromSeconds(5));
        limits.MaxRequestBodySize = MaxBodyBytes;
        limits.MaxRequestLineSize = 8 << 10;
        limits.MaxRequestHeadersTotalSize = 32 << 10;
        limits.MaxRequestHeaderCount = 100;
        limits.MaxRequestBufferSize = 1 << 20;
        limits.MaxResponseBufferSize = 64 << 10;
        limits.MaxConcurrentConnections = 1000;
        limits.MaxConcurrentUpgradedConnections = 0;
    }

    /// <summary>Answers to the names of loopback alone: a page of another site whose name was pointed here does not get through.</summary>
    public static void AddLoopbackNames(this IServiceCollection services) => services.AddHostFiltering(options => Names(options));

    /// <summary>Adds what breaks off answers that nobody reads.</summary>
    public static void AddReaderLimit(this IServiceCollection services) =>
        services.AddSingleton(provider => new SlowReaders(TimeProvider.System, provider.GetRequiredService<ILogger<SlowReaders>>()));

    /// <summary>Breaks off answers that nobody reads.</summary>
    public static void UseReaderLimit(this WebApplication app)
    {
        SlowReaders readers = app.Services.GetRequiredService<SlowReaders>();
        app.Use(
            (context, next) =>
            {
                readers.Watch(context);
                return next(context);
            }
        );
    }

    private static void Names(HostFilteringOptions options)
    {
        options.AllowedHosts = ["localhost", "127.0.0.1", "[::1]"];
        options.AllowEmptyHosts = false;
        options.IncludeFailureMessage = false;
    }
}
