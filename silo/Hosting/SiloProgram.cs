using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;
using OrleansWork.Engine.Execution;
using OrleansWork.Engine.Security;
using OrleansWork.Protocol.Security;
using OrleansWork.Silo.Api;
using OrleansWork.Silo.Clustering;
using OrleansWork.Silo.Health;
using OrleansWork.Silo.JobLoading;
using OrleansWork.Silo.Page;
using OrleansWork.Silo.Security;
using OrleansWork.Silo.Settings;
using OrleansWork.Silo.Telemetry;
using OrleansWork.Silo.Watching;

namespace OrleansWork.Silo.Hosting;

/// <summary>One silo process from its arguments to its exit code.</summary>
internal static partial class SiloProgram
{
    private static readonly TimeSpan ShutdownBound = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan IsolatedBound = TimeSpan.FromSeconds(1);

    /// <summary>Runs a silo until it is asked to stop.</summary>
    /// <param name="arguments">The arguments of the process.</param>
    /// <param name="supervisor">Whoever started it.</param>
    /// <returns>One of <see cref="SiloExit"/>.</returns>
    public static async Task<int> RunAsync(string[] arguments, SupervisorChannel supervisor)
    {
        try
        {
            return await HostAsync(arguments, supervisor);
        }
        catch (SettingsException exception)
        {
            return Refuse(
                SiloExit.BadSettings,
                ["The silo was not started, its settings are wrong:", .. exception.Problems.Select(p => $"  {p}")]
            );
        }
        catch (Exception exception) when (exception is FormatException or InvalidDataException)
        {
            // appsettings.json is not JSON.
            return Refuse(
                SiloExit.BadSettings,
                [$"The silo was not started: {exception.Message} {exception.InnerException?.Message}".TrimEnd()]
            );
        }
        catch (OptionsValidationException exception)
        {
            return Refuse(
                SiloExit.BadSettings,
                ["The silo was not started, its settings are wrong:", .. exception.Failures.Select(f => $"  {f}")]
            );
        }
        catch (JobKindDefinitionException exception)
        {
            return Refuse(SiloExit.BadSettings, [$"The silo was not started: {exception.Message}"]);
        }
        catch (OperationCanceledException)
        {
            // Asked to stop before it was up.
            return SiloExit.Stopped;
        }
        catch (PortTakenException exception)
        {
            return Refuse(SiloExit.PortTaken, [$"The silo was not started: {exception.Message}"]);
        }
        catch (SecretFileException exception)
        {
            return Refuse(SiloExit.BadSettings, [$"The silo was not started: {exception.Message}"]);
        }
        catch (ClockBehindException exception)
        {
            return Refuse(SiloExit.ClockBehind, [$"The silo was not started: {exception.Message}"]);
        }
        catch (RedisUnreachableException exception)
        {
            return Refuse(SiloExit.Unreachable, [$"The silo was not started: {exception.Message}"]);
        }
    }

    private static async Task<int> HostAsync(string[] arguments, SupervisorChannel supervisor)
    {
        List<string> problems = [];
        Dictionary<string, string?> options = CommandLine.Read(arguments, problems);
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder(
            new WebApplicationOptions
            {
                ApplicationName = typeof(SiloProgram).Assembly.GetName().Name,
                EnvironmentName = options.GetValueOrDefault("environment"),

                // The silo's own folder: the current one may belong to a program with settings of its own.
                ContentRootPath = AppContext.BaseDirectory,
            }
        );
        builder.Configuration.AddInMemoryCollection(options);
        SiloSettings settings = new SettingsReader(builder.Configuration).Read(problems);
        ProcessEnvironment.ForgetSecrets();
        using StdinLifetime? stdin = settings.WatchStdin ? new StdinLifetime(supervisor.Commands) : null;
        CancellationToken stopping = stdin?.Stopping ?? CancellationToken.None;
        Task<RedisConnection>? redis =
            settings.Clustering == Settings.Clustering.Redis
                ? Task.Run(() => RedisConnection.OpenAsync(ClusteringExtensions.RedisOf(settings), stopping), stopping)
                : null;
        ISiloBuilder silo = AddOrleans(builder);
        IReadOnlyList<JobAssembly> jobs = await JobAssemblies.LoadAsync(settings.Jobs, typeof(OrleansWork.Jobs.Sum).Assembly, stopping);
        if (settings.ListKinds)
            return await ListKindsAsync(builder, silo, settings, jobs, supervisor);
        SiloPorts ports = SiloPorts.Take(settings);
        ClusterSecret secret = settings.Secret ?? SecretOfUser();
        (string? newKey, IReadOnlyList<AccessKey> keys) = KeysOf(settings);
        builder.Logging.UseStandardError();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            HttpLimits.Set(kestrel);
            Listen(kestrel, settings.Urls);
        });
        builder.Services.AddLoopbackNames();
        builder.Services.AddReaderLimit();
        builder.Services.AddKeys(keys);
        builder.Services.AddApi();
        builder.Services.AddHostedService<LoadSampler>();
        builder.Services.Configure<HostOptions>(o => o.ShutdownTimeout = ShutdownBound);
        builder.Services.AddSingleton(settings);
        if (stdin is not null)
            builder.Services.AddSingleton<IHostLifetime>(stdin);
        builder.AddTelemetry();
        silo.UseClustering(settings, ports).UseClusterSecret(secret).RefuseForeignCalls().AddEngine(settings, jobs).UseDashboard(settings);
        if (redis is not null)
        {
            RedisConnection connection = await redis;
            (await connection.ReadClockAsync(settings.ServiceId, settings.ClusterId)).Require(TimeProvider.System.GetUtcNow());
            builder.Services.AddSingleton(connection);
            builder.Services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>, MembershipTurn>();
        }

        await using WebApplication app = builder.Build();
        await VerifyKindsAsync(app.Services, jobs);
        await using CancellationTokenRegistration stop = stopping.Register(app.Lifetime.StopApplication);
        app.UseReaderLimit();
        app.UseHostFiltering();
        app.UseBrowserGuard();
        app.UseReferencePolicy();
        app.UseDashboardKey(settings);
        app.UseProblems();
        app.UseAuthentication();
        app.UseAuthorization();
        app.MapHealth();
        app.MapApi();
        app.MapPage();
        app.MapReference();
        app.MapDashboard(settings);
        app.MapPrometheusScrapingEndpoint("/metrics").RequireRole(AccessRole.Viewer);
        try
        {
            Task started = app.StartAsync();
            Task<EndPoint?> refused = app.Services.GetRequiredService<SecretRefusal>().Reached;
            if (await Task.WhenAny(started, refused) == refused)
                EndRefused(settings, await refused);
            await started;
        }
        catch (Exception exception) when (IsPortTaken(exception))
        {
            throw new PortTakenException(
                $"one of the ports {ports.Silo} (OrleansWork:SiloPort), {ports.Gateway} (OrleansWork:GatewayPort) and those of OrleansWork:Urls was taken meanwhile."
            );
        }

        if (settings.Clustering == Settings.Clustering.Local)
            LogNothingIsDurable(app.Logger);
        LogCultures(app.Logger, Globalization.HasCultures ? "those of ICU" : "the invariant one only");
        if (newKey is not null)
            SayKey(newKey, app.Services);
        app.Services.GetRequiredService<KindFindings>().Found += (kind, sentence) => supervisor.Say($"found {kind}: {sentence}");
        supervisor.Say(ReadyLine.Of(app.Services));
        if (stdin is not null)
            _ = DrainWhenAskedAsync(stdin.DrainRequested);
        await app.WaitForShutdownAsync();
        return app.Services.GetRequiredService<SiloHealth>().Failure?.ExitCode ?? SiloExit.Stopped;

        async Task DrainWhenAskedAsync(Task asked)
        {
            await asked;
            await PlannedDrain.RunAsync(app.Services.GetRequiredService<ComputePool>(), supervisor, stopping);
        }
    }

    // Before assemblies of jobs are loaded: Orleans looks through all that are there, and for what they were built with, which may be nowhere here.
    private static ISiloBuilder AddOrleans(WebApplicationBuilder builder)
    {
        ISiloBuilder? added = null;
        builder.UseOrleans(silo => added = silo);
        return added!;
    }

    /// <summary>Says the kinds that a silo with these settings would have, after the same checks; nothing of the silo is started.</summary>
    private static async Task<int> ListKindsAsync(
        WebApplicationBuilder builder,
        ISiloBuilder silo,
        SiloSettings settings,
        IReadOnlyList<JobAssembly> jobs,
        SupervisorChannel supervisor
    )
    {
        builder.Logging.ClearProviders();
        silo.UseLocalhostClustering().AddEngine(settings, jobs);
        await using WebApplication app = builder.Build();
        await VerifyKindsAsync(app.Services, jobs);
        supervisor.Say(KindList.Of(app.Services.GetServices<JobKindDescriptor>()));
        return SiloExit.Stopped;
    }

    private static async Task VerifyKindsAsync(IServiceProvider services, IReadOnlyList<JobAssembly> jobs)
    {
        try
        {
            await services.GetRequiredService<KindVerifier>().VerifyAsync();
        }
        catch (JobKindDefinitionException exception)
        {
            throw new SettingsException([JobAssemblies.Explain(jobs, exception)]);
        }
    }

    // Orleans would try on until the others declare this silo dead, and then end it with a dump.
    private static void EndRefused(SiloSettings settings, EndPoint? by)
    {
        using Timer hardStop = new(_ => Process.GetCurrentProcess().Kill(), null, IsolatedBound, Timeout.InfiniteTimeSpan);
        Environment.Exit(
            Refuse(
                SiloExit.BadSettings,
                [
                    $"The silo was not started: the silos of cluster {settings.ClusterId} do not take its secret for theirs, as that at {by}. Set {SettingKeys.Section}:{SettingKeys.Secret}, or {SettingKeys.Section}:SecretFile, to the secret that they have.",
                ]
            )
        );
    }

    // In code, so that no other setting can open an address.
    private static void Listen(Microsoft.AspNetCore.Server.Kestrel.Core.KestrelServerOptions kestrel, IEnumerable<Uri> urls)
    {
        foreach (Uri url in urls)
        {
            if (IPAddress.TryParse(url.Host.Trim('[', ']'), out IPAddress? address))
                kestrel.Listen(address, url.Port);
            else if (url.Port == 0)
                kestrel.Listen(IPAddress.Loopback, 0);
            else
                kestrel.ListenLocalhost(url.Port);
        }
    }

    private static bool IsPortTaken(Exception? exception) =>
        exception switch
        {
            null => false,
            AddressInUseException => true,
            SocketException socket => socket.SocketErrorCode == SocketError.AddressAlreadyInUse,
            AggregateException many => many.InnerExceptions.Any(IsPortTaken),
            _ => IsPortTaken(exception.InnerException),
        };

    private static ClusterSecret SecretOfUser() =>
        SecretFile.PathOfUser() is { } path
            ? ClusterSecret.Parse(SecretFile.ReadOrMake(path))
            : throw new SettingsException([
                $"{SettingKeys.Section}:{SettingKeys.Secret} is missing, and this user has no home folder for a secret of their own; set OrleansWork__Secret in the environment, or name a file by --secret-file.",
            ]);

    private static (string? NewKey, IReadOnlyList<AccessKey> Keys) KeysOf(SiloSettings settings)
    {
        if (settings.Keys.Count > 0)
            return (null, settings.Keys);
        (string text, AccessKey key) = AccessKey.Create("owner", AccessRole.Operator);
        return (text, [key]);
    }

    private static void SayKey(string key, IServiceProvider services)
    {
        System.Console.Error.WriteLine(
            $"The key for HTTP is {key} (header 'Authorization: Bearer KEY'); set {SettingKeys.Section}:Keys for keys of your own."
        );
        if (ReadyLine.UrlOf(services) is { } url)
            System.Console.Error.WriteLine($"The page is at {url.TrimEnd('/')}/#key={key}");
    }

    private static int Refuse(int exitCode, IEnumerable<string> lines)
    {
        foreach (string line in lines)
            System.Console.Error.WriteLine(line);
        return exitCode;
    }

    [LoggerMessage(LogLevel.Information, "Job code finds these cultures: {Cultures}; it starts in the invariant one")]
    private static partial void LogCultures(ILogger logger, string cultures);

    [LoggerMessage(
        LogLevel.Warning,
        "Clustering is local: this silo is alone and keeps everything in memory; jobs and results are gone when it ends. For a durable cluster set OrleansWork:Clustering to redis, or use 'orleanswork up'"
    )]
    private static partial void LogNothingIsDurable(ILogger logger);
}
