using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.Runtime;
using Orleans.Storage;
using OrleansWork.Engine.Hosting;
using OrleansWork.Engine.Storage;
using OrleansWork.Jobs;
using Xunit;

namespace OrleansWork.Engine.Tests.Hosting;

/// <summary>What one call adds to any host.</summary>
public sealed class AddOrleansWorkTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void CalledAgain_AddsNothing_AndAppliesItsChanges()
    {
        using IHost host = Build(silo =>
        {
            silo.AddOrleansWork(options => options.Engine(engine => engine.Slots = 3)).AddJob<Sum>();
            silo.AddOrleansWork().AddJob<Sum>().AddJobsFrom(typeof(Sum).Assembly).AddJobsFrom(typeof(Sum).Assembly);
            silo.AddOrleansWork(options => options.Engine(engine => engine.AsyncSlots = 7));
        });
        EngineOptions engine = host.Services.GetRequiredService<IOptions<EngineOptions>>().Value;
        Assert.Equal((3, 7), (engine.Slots, engine.AsyncSlots));
        Assert.Single(host.Services.GetServices<IHostedService>().OfType<HostEnd>());
        Assert.Single(host.Services.GetServices<JobKindDescriptor>(), kind => kind.Type == typeof(Sum));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void SettingsOfOrleans_AreThoseOfAComputeCluster_AndTheHostsOwnWin(bool before)
    {
        using IHost host = Build(silo =>
        {
            if (!before)
                silo.AddOrleansWork();
            silo.Configure<ClusterMembershipOptions>(options =>
                (options.NumMissedProbesLimit, options.ProbeTimeout) = (9, TimeSpan.FromSeconds(7))
            );
            silo.Configure<SiloMessagingOptions>(options => options.MaxEnqueuedRequestsHardLimit = 77);
            if (before)
                silo.AddOrleansWork();
        });
        ClusterMembershipOptions membership = host.Services.GetRequiredService<IOptions<ClusterMembershipOptions>>().Value;
        SiloMessagingOptions messaging = host.Services.GetRequiredService<IOptions<SiloMessagingOptions>>().Value;
        Assert.Equal(
            (9, TimeSpan.FromSeconds(7), 5),
            (membership.NumMissedProbesLimit, membership.ProbeTimeout, membership.TableRefreshTimeout.Seconds)
        );
        Assert.Equal((TimeSpan.FromSeconds(3.5), TimeSpan.FromSeconds(28)), (membership.MinProbeTimeout, membership.MaxProbeTimeout));
        Assert.Equal((77, 2_000), (messaging.MaxEnqueuedRequestsHardLimit, messaging.MaxEnqueuedRequestsSoftLimit));
    }

    [Fact]
    public void SettingsOfOrleans_ThatNobodyTouches_AreThoseOfAComputeCluster()
    {
        using IHost host = Build(silo => silo.AddOrleansWork());
        ClusterMembershipOptions membership = host.Services.GetRequiredService<IOptions<ClusterMembershipOptions>>().Value;
        Assert.Equal(
            [1, 2, 3],
            new[] { membership.MinProbeTimeout, membership.ProbeTimeout, membership.MaxProbeTimeout }.Select(time => time.Seconds)
        );
    }

    [Fact]
    public void Storage_ThatIsMissing_IsNamed()
    {
        OrleansConfigurationException refused = Assert.Throws<OrleansConfigurationException>(() =>
        {
            using IHost host = Build(silo =>
            {
                silo.AddOrleansWork();
                silo.Services.RemoveAllKeyed<IGrainStorage>(JobStore.StorageName);
            });
            return host.Services.GetRequiredService<JobStore>();
        });
        Assert.StartsWith("AddOrleansWork needs a grain storage with the name jobs", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Storage_OfAnyProvider_IsWrittenByTheDocumentSerializer()
    {
        using IHost host = Build(silo => silo.AddOrleansWork());
        MemoryGrainStorageOptions storage = host
            .Services.GetRequiredService<IOptionsMonitor<MemoryGrainStorageOptions>>()
            .Get(JobStore.StorageName);
        Assert.IsType<DocumentSerializer>(storage.GrainStorageSerializer);
        Assert.IsNotType<DocumentSerializer>(host.Services.GetRequiredService<IGrainStorageSerializer>());
    }

    [Theory]
    [InlineData("OrleansWork:Slots", "OrleansWork:Slots is not a setting of this host. Did you mean OrleansWork:Engine:Slots?")]
    [InlineData(
        "OrleansWork:MaxOpenJobs",
        "OrleansWork:MaxOpenJobs is not a setting of this host. Did you mean OrleansWork:Coordinator:MaxOpenJobs?"
    )]
    [InlineData("OrleansWork:Redis", "OrleansWork:Redis is not a setting of this host.")]
    [InlineData("OrleansWork:Engin:Slots", "OrleansWork:Engin is not a setting of this host. Did you mean OrleansWork:Engine?")]
    [InlineData("OrleansWork:Engine:Slotz", "OrleansWork:Engine:Slotz is not an option. Did you mean OrleansWork:Engine:Slots?")]
    [InlineData("OrleansWork:Coordinator:Slots", "OrleansWork:Coordinator:Slots is not an option.")]
    public async Task UnknownSetting_StopsTheStart(string key, string problem)
    {
        using IHost host = Build(silo => silo.AddOrleansWork(), (key, "2"));
        OptionsValidationException refused = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync(Token));
        Assert.Equal([problem], refused.Failures);
    }

    [Fact]
    public async Task WrongSettings_OfAllSections_AreNamedAtOnce()
    {
        using IHost host = Build(
            silo => silo.AddOrleansWork(),
            ("OrleansWork:Engine:Slots", "9999"),
            ("OrleansWork:Coordinator:MaxFailedUnit", "3")
        );
        OptionsValidationException refused = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync(Token));
        Assert.Equal(2, refused.Failures.Count());
    }

    [Theory]
    [InlineData(SiloFailureCause.SlotsLost, true)]
    [InlineData(SiloFailureCause.Isolated, true)]
    [InlineData(SiloFailureCause.SlotsLost, false)]
    public async Task SiloThatCannotGoOn_StopsItsHostUnlessToldNotTo(SiloFailureCause cause, bool stopsHost)
    {
        int exitCode = Environment.ExitCode;
        SiloHealth health = new();
        StoppedLifetime lifetime = new();
        HostEnd end = new(
            health,
            Options.Create(new EngineOptions { StopsHost = stopsHost }),
            NullLoggerFactory.Instance,
            NullLogger<HostEnd>.Instance,
            lifetime
        );
        try
        {
            await end.StartAsync(Token);
            Assert.Null(health.Failure);
            health.Fail(new SiloFailure(cause, "It is over"));
            health.Fail(new SiloFailure(SiloFailureCause.Isolated, "Later"));
            Assert.Equal("It is over", (await health.Failed).Message);
            if (stopsHost)
            {
                await lifetime.Stopped.Task.WaitAsync(TimeSpan.FromSeconds(10), Token);
                Assert.Equal(health.Failure?.ExitCode, Environment.ExitCode);
            }

            await end.StopAsync(Token);
            Assert.Equal(stopsHost, lifetime.Stopped.Task.IsCompleted);
        }
        finally
        {
            Environment.ExitCode = exitCode;
        }
    }

    private static IHost Build(Action<ISiloBuilder> configure, params (string Key, string Value)[] settings)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Configuration.AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create(setting.Key, (string?)setting.Value)));
        builder.UseOrleans(silo =>
        {
            silo.UseLocalhostClustering();
            silo.AddMemoryGrainStorage(JobStore.StorageName);
            configure(silo);
        });
        return builder.Build();
    }

    private sealed class StoppedLifetime : IHostApplicationLifetime
    {
        public TaskCompletionSource Stopped { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public CancellationToken ApplicationStarted => CancellationToken.None;

        public CancellationToken ApplicationStopping => CancellationToken.None;

        public CancellationToken ApplicationStopped => CancellationToken.None;

        public void StopApplication() => Stopped.TrySetResult();
    }
}
