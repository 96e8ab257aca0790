using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Core.Internal;
using Orleans.TestingHost;
using OrleansWork.Engine.Cluster;
using OrleansWork.Engine.Execution;
using OrleansWork.Engine.Security;
using OrleansWork.Engine.Tests.Support;
using OrleansWork.Protocol;
using OrleansWork.Protocol.Security;
using OrleansWork.Scheduling.Coordination;
using Xunit;

namespace OrleansWork.Engine.Tests.Security;

/// <summary>A client that knows the client's form of the secret and this product's interfaces gets no further than <see cref="IComputeClient"/>.</summary>
public sealed class ForgedCallsTests(GuardedSilos guarded) : IClassFixture<GuardedSilos>
{
    private const int Units = 60;
    private const BindingFlags Any = BindingFlags.Static | BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;
    private readonly TestSilos _silos = guarded.Silos;

    private IClusterClient Client => _silos.Cluster.Client;

    private InProcessSiloHandle Silo => _silos.Cluster.Silos[0];

    [Fact]
    public async Task Client_CallsAllThatIsForSilos_IsRefusedAndTheResultIsRight()
    {
        JobHandle job = await _silos.Client.SubmitAsync(
            "synthetic",
            """{"units":60,"microseconds":50000,"mode":"sleep"}"""u8.ToArray(),
            new JobOptions { ChunkUnits = 1 }
        );
        HeldLease lease = await LeaseAsync(job.Id);

        int tried = 0;
        foreach (MethodInfo method in GrainInterfacesTests.Methods.Where(method => !GatewayCalls.IsOpen(method)))
        {
            await RefusedAsync(Target(method.DeclaringType!, job.Id), method, ForgedArguments(method, job.Id, lease));
            tried++;
        }

        // Not this product's, but of its grains: whoever may deactivate or remind them can do harm too.
        IGrainManagementExtension management = Client.GetGrain<IJobGrain>(job.Id).AsReference<IGrainManagementExtension>();
        await Assert.ThrowsAsync<CallRefusedException>(async () => await management.DeactivateOnIdle());
        IRemindable shard = Client.GetGrain<ICatalogShardGrain>(Keys.CatalogShard(job.Id)).AsReference<IRemindable>();
        await Assert.ThrowsAsync<CallRefusedException>(() => shard.ReceiveReminder("scan", default));

        Assert.Equal("""{"units":60,"checksum":1770}""", System.Text.Encoding.UTF8.GetString((await job.ResultAsync()).Content));
        Assert.True(tried >= 19, $"only {tried} methods were tried");
        Assert.Equal(2, (await _silos.Client.ListSilosAsync()).Count(silo => silo.State == "active"));
    }

    [Fact]
    public async Task Client_CallsOrleansOwnGrains_IsRefused()
    {
        IManagementGrain management = Client.GetGrain<IManagementGrain>(0);
        int tried = 0;
        foreach (MethodInfo method in typeof(IManagementGrain).GetMethods().Where(method => !method.IsGenericMethod))
        {
            await RefusedAsync(management, method, [.. method.GetParameters().Select(DefaultOf)]);
            tried++;
        }

        Assert.True(tried > 10, $"only {tried} methods were tried");
    }

    [Fact]
    public async Task Client_CallsOrleansSystemTargets_IsRefusedButForTheListOfGrains()
    {
        Assembly[] orleans =
        [
            .. AppDomain.CurrentDomain.GetAssemblies().Where(a => a.GetName().Name!.StartsWith("Orleans.", StringComparison.Ordinal)),
        ];
        GrainType[] targets =
        [
            .. orleans
                .Select(assembly => assembly.GetType("Orleans.Runtime.Constants"))
                .OfType<Type>()
                .SelectMany(type => type.GetFields(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic))
                .Where(field => field.FieldType == typeof(GrainType))
                .Select(field => (GrainType)field.GetValue(null)!)
                .Where(type => type.IsSystemTarget()),
        ];
        Type[] interfaces =
        [
            .. orleans
                .SelectMany(assembly => assembly.GetTypes())
                .Where(type =>
                    type is { IsInterface: true, IsGenericType: false }
                    && type != typeof(ISystemTarget)
                    && typeof(ISystemTarget).IsAssignableFrom(type)
                ),
        ];
        List<string> refused = [];
        List<string> answered = [];
        foreach (GrainType target in targets)
        {
            foreach (Type type in interfaces)
            {
                GrainId id = GrainId.Create(target, Silo.SiloAddress.ToParsableString());
                // The first says enough, the filter knows no difference between methods; but nobody answers a one-way call.
                foreach (MethodInfo method in type.GetMethods().Where(method => !method.IsGenericMethod && !IsOneWay(method)).Take(1))
                {
                    string name = $"{type.Name}.{method.Name}";
                    try
                    {
                        IAddressable reference = (IAddressable)Client.GetGrain(id).AsReference(type);
                        await CallAsync(reference, method, [.. method.GetParameters().Select(DefaultOf)])
                            .WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
                        answered.Add(name);
                    }
                    catch (CallRefusedException)
                    {
                        refused.Add(name);
                    }
                    catch (Exception exception)
                        when (exception is InvalidCastException or OrleansException or ArgumentException or TargetInvocationException)
                    {
                        // Not an interface of that target, or no such target.
                    }
                }
            }
        }

        Assert.Equal(["IClusterManifestSystemTarget.GetClusterManifest"], answered.Distinct());
        Assert.Contains("ISiloControl.Ping", refused);
        Assert.True(refused.Distinct().Count() >= 5, string.Join(", ", refused.Distinct()));
    }

    /// <summary>Waits until a silo holds a lease of a job.</summary>
    private async Task<HeldLease> LeaseAsync(string jobId)
    {
        HeldLease[] held = [];
        await _silos.UntilAsync(
            () =>
            {
                held =
                [
                    .. _silos
                        .Cluster.Silos.SelectMany(silo => silo.ServiceProvider.GetRequiredService<ComputePool>().HeldLeases().Values)
                        .SelectMany(leases => leases)
                        .Where(lease => lease.JobId == jobId),
                ];
                return Task.FromResult(held.Length > 0);
            },
            "a lease of the job"
        );
        return held[0];
    }

    private IAddressable Target(Type type, string jobId) =>
        type == typeof(IJobGrain) ? Client.GetGrain<IJobGrain>(jobId)
        : type == typeof(IWorkerGrain) ? Client.GetGrain<IWorkerGrain>(Keys.Worker(Silo.SiloAddress, 0))
        : type == typeof(ISpawnedWorkerGrain)
            ? Client.GetGrain(GrainId.Create(GrainType.Create(SpawnedWorkerTypes.Random), "forged")).AsReference<ISpawnedWorkerGrain>()
        : type == typeof(ICatalogShardGrain) ? Client.GetGrain<ICatalogShardGrain>(Keys.CatalogShard(jobId))
        : type == typeof(IHeartbeatService) ? Client.GetGrain(HeartbeatServiceId()).AsReference<IHeartbeatService>()
        : throw new InvalidOperationException($"How a client would reach {type} is not written here.");

    private GrainId HeartbeatServiceId()
    {
        object link = Silo.ServiceProvider.GetRequiredService<IHeartbeatLink>();
        MethodInfo service = link.GetType().GetMethod("GetGrainService", Any, [typeof(SiloAddress)])!;
        return ((GrainReference)service.Invoke(link, [Silo.SiloAddress])!).GrainId;
    }

    private object?[] ForgedArguments(MethodInfo method, string jobId, HeldLease lease) =>
        method.Name switch
        {
            "ReportAsync" =>
            [
                // The last unit, done: with a checksum of the forger's own.
                new ReportBatch(
                    jobId,
                    lease.Incarnation,
                    Silo.SiloAddress,
                    1,
                    new SiloLoad(1, default, default, 0, 0, false, 0, 0, 0),
                    [
                        new LeaseReport(
                            lease.Epoch,
                            lease.Number,
                            LeaseOutcome.Done,
                            Units - 1,
                            Units,
                            [new NodePartial(0, Units - 1, """{"units":1,"checksum":1000000}"""u8.ToArray())],
                            null,
                            0,
                            1
                        ),
                    ]
                ),
            ],
            "AdoptAsync" => [new AdoptRequest(jobId, lease.Incarnation, lease.Epoch + 1000, Silo.SiloAddress)],
            "CloseAsync" or "OpenAsync" => [null],
            "RemoveAsync" => [jobId, lease.Incarnation, 0L],
            "DrainAsync" => [true],
            _ => [.. method.GetParameters().Select(DefaultOf)],
        };

    private static object? DefaultOf(ParameterInfo parameter) =>
        parameter.ParameterType == typeof(string) ? "any"
        : parameter.ParameterType.IsValueType ? Activator.CreateInstance(parameter.ParameterType)
        : parameter.ParameterType.IsArray ? Array.CreateInstance(parameter.ParameterType.GetElementType()!, 0)
        : null;

    private static bool IsOneWay(MethodInfo method) => method.GetCustomAttribute<Orleans.Concurrency.OneWayAttribute>() is not null;

    private static async Task RefusedAsync(IAddressable target, MethodInfo method, object?[] arguments)
    {
        if (IsOneWay(method))
        {
            // Nobody hears of it; what it would have done is looked at elsewhere.
            await CallAsync(target, method, arguments);
            return;
        }

        CallRefusedException refusal = await Assert.ThrowsAsync<CallRefusedException>(() => CallAsync(target, method, arguments));
        Assert.Contains(method.Name, refusal.Message, StringComparison.Ordinal);
    }

    private static async Task CallAsync(IAddressable target, MethodInfo method, object?[] arguments)
    {
        object? answer = method.Invoke(target, arguments);
        Task call = answer is Task task ? task : (Task)answer!.GetType().GetMethod("AsTask")!.Invoke(answer, null)!;
        await call;
    }
}
