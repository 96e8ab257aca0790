using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansWork.Services;

namespace OrleansWork.Abstractions.Tests.Services;

public sealed class KindServicesTests
{
    private static readonly List<string> Calls = [];

    private sealed class Resource(string name) : IDisposable
    {
        public string Name { get; } = name;

        public bool IsDisposed { get; private set; }

        public void Dispose() => IsDisposed = true;
    }

    private sealed class HostOnly;

    private sealed class Limits
    {
        public int Size { get; set; }

        public string? Secret { get; set; }
    }

    private sealed class HostLimits
    {
        public int Size { get; set; }
    }

    private sealed class Consumer(
        Resource resource,
        IOptions<Limits> limits,
        IOptions<HostLimits> hostLimits,
        HostOnly host,
        ILogger<Consumer> logger
    )
    {
        public (Resource Resource, int Size, int HostSize, HostOnly Host, ILogger Logger) Used { get; } =
            (resource, limits.Value.Size, hostLimits.Value.Size, host, logger);
    }

    private sealed class Registers : IJobServices
    {
        public void ConfigureServices(IServiceCollection services, IConfiguration configuration)
        {
            services.AddScoped(_ => new Resource(configuration["Name"] ?? "?"));
            services.AddKeyedSingleton("shared", new Resource("shared"));
            services.Configure<Limits>(limits =>
                (limits.Size, limits.Secret) = (configuration.GetSection("Limits").GetValue("Size"), configuration["OrleansWork:Redis"])
            );
        }
    }

    private sealed class A1 : IJobServices
    {
        public void ConfigureServices(IServiceCollection services, IConfiguration configuration) => Calls.Add(nameof(A1));
    }

    private sealed class A2 : IJobServices
    {
        public void ConfigureServices(IServiceCollection services, IConfiguration configuration) => Calls.Add(nameof(A2));
    }

    private sealed class Throws : IJobServices
    {
        public void ConfigureServices(IServiceCollection services, IConfiguration configuration) =>
            throw new InvalidOperationException("Catalogue:Url is missing", new UriFormatException("empty"));
    }

    private sealed class NeedsAParameter(int size) : IJobServices
    {
        public void ConfigureServices(IServiceCollection services, IConfiguration configuration) => Calls.Add($"{size}");
    }

    [Fact]
    public async Task Provider_OwnAndHostServices_AreThereAndOnlyOwnOnesAreEnded()
    {
        HostOnly only = new();
        Resource shared = new("host");
        await using ServiceProvider host = Host(services =>
            services.AddSingleton(only).AddSingleton(shared).Configure<HostLimits>(limits => limits.Size = 9)
        );
        KindServices services = KindServices.Of([typeof(Registers)], host);
        Resource own;
        await using (AsyncServiceScope scope = services.Provider.CreateAsyncScope())
        {
            Consumer consumer = ActivatorUtilities.CreateInstance<Consumer>(scope.ServiceProvider);
            own = consumer.Used.Resource;
            Assert.Equal(("mine", 7, 9), (own.Name, consumer.Used.Size, consumer.Used.HostSize));
            Assert.Same(only, consumer.Used.Host);
            Assert.Same(own, scope.ServiceProvider.GetRequiredService<Resource>());
            Assert.Equal("shared", scope.ServiceProvider.GetRequiredKeyedService<Resource>("shared").Name);
            Assert.Same(host.GetRequiredService<ILoggerFactory>(), scope.ServiceProvider.GetRequiredService<ILoggerFactory>());
            Assert.Null(scope.ServiceProvider.GetService<Consumer>());
            Assert.False(own.IsDisposed);
            await using AsyncServiceScope other = scope.ServiceProvider.CreateAsyncScope();
            Assert.NotSame(own, other.ServiceProvider.GetRequiredService<Resource>());
        }

        Assert.True(own.IsDisposed);
        Assert.Same(only, Assert.Single(services.Provider.GetServices<HostOnly>()));
        await services.DisposeAsync();
        Assert.False(shared.IsDisposed);
        Assert.NotNull(host.GetRequiredService<ILoggerFactory>().CreateLogger("still there"));
    }

    [Fact]
    public void Configuration_OfTheHost_IsSeenWithoutTheSilosOwnSection()
    {
        using ServiceProvider host = Host();
        IConfiguration? seen = null;
        using KindServices services = KindServices.Of([typeof(Registers)], host);
        seen = services.Provider.GetRequiredService<IConfiguration>();
        Assert.Equal("7", seen["Limits:Size"]);
        Assert.Equal("7", seen.GetSection("limits")["size"]);
        Assert.Null(seen["OrleansWork:Redis"]);
        Assert.Null(seen["orleanswork:redis"]);
        Assert.Null(seen.GetSection("OrleansWork")["Redis"]);
        Assert.Null(seen.GetSection("OrleansWork:Redis").Value);
        Assert.Equal("other", seen["OrleansWorkshop"]);
        Assert.Equal(["Limits", "Name", "OrleansWorkshop"], seen.GetChildren().Select(child => child.Key));
        Assert.DoesNotContain(seen.AsEnumerable(), pair => pair.Value == "secret");
        Assert.Null(services.Provider.GetRequiredService<IOptions<Limits>>().Value.Secret);
    }

    [Fact]
    public void SeveralClasses_AreCalledInTheOrderOfTheirNames()
    {
        Calls.Clear();
        using KindServices services = KindServices.Of([typeof(A2), typeof(A1)], host: null);
        Assert.Equal([nameof(A1), nameof(A2)], Calls);
    }

    [Fact]
    public void NoHost_LoggingTimeAndTheEnvironmentAreThere()
    {
        using KindServices services = KindServices.Of([typeof(A1)], host: null);
        Assert.Same(TimeProvider.System, services.Provider.GetRequiredService<TimeProvider>());
        services.Provider.GetRequiredService<ILogger<KindServicesTests>>().LogInformation("heard by nobody");
        Assert.NotNull(services.Provider.GetRequiredService<IConfiguration>()["PATH"]);
    }

    [Fact]
    public void NoClasses_TheHostsOwnProviderIsTaken()
    {
        using ServiceProvider host = Host();
        using KindServices services = KindServices.Of([], host);
        Assert.Same(host, services.Provider);
    }

    [Theory]
    [InlineData(
        typeof(Throws),
        "could not register the services of the job kinds beside it. InvalidOperationException: Catalogue:Url is missing ---> System.UriFormatException: empty"
    )]
    [InlineData(typeof(NeedsAParameter), "has no public constructor without parameters")]
    public void ClassThatCannotRegister_IsRefusedByName(Type type, string words)
    {
        JobKindDefinitionException refused = Assert.Throws<JobKindDefinitionException>(() => KindServices.Of([type], host: null));
        Assert.Contains(type.ToString(), refused.Message, StringComparison.Ordinal);
        Assert.Contains(words, refused.Message, StringComparison.Ordinal);
        Assert.Equal(type, refused.Class);
    }

    private static ServiceProvider Host(Action<IServiceCollection>? add = null)
    {
        Dictionary<string, string?> settings = new()
        {
            ["Name"] = "mine",
            ["Limits:Size"] = "7",
            ["OrleansWork:Redis"] = "secret",
            ["OrleansWorkshop"] = "other",
        };
        IServiceCollection services = new ServiceCollection()
            .AddLogging()
            .AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection(settings).Build());
        add?.Invoke(services);
        return services.BuildServiceProvider();
    }
}

file static class Sections
{
    public static int GetValue(this IConfigurationSection section, string key) =>
        int.Parse(section[key] ?? "0", System.Globalization.CultureInfo.InvariantCulture);
}
