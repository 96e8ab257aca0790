using System.Reflection;
using OrleansWork.Engine.Security;
using OrleansWork.Jobs;
using OrleansWork.Protocol;
using OrleansWork.Protocol.Security;
using Xunit;

namespace OrleansWork.Engine.Tests.Security;

/// <summary>Every method of every grain interface says who may call it, and every grain asks.</summary>
public sealed class GrainInterfacesTests
{
    private static readonly Assembly[] s_assemblies =
    [
        typeof(IJobGrain).Assembly,
        typeof(IGuardedGrain).Assembly,
        typeof(IComputeClient).Assembly,
        typeof(ClusterConnection).Assembly,
        typeof(Primes).Assembly,
    ];

    internal static IReadOnlyList<MethodInfo> Methods { get; } =
    [
        .. s_assemblies
            .SelectMany(assembly => assembly.GetTypes())
            .Where(type => type.IsInterface && typeof(IAddressable).IsAssignableFrom(type))
            .SelectMany(type => type.GetMethods()),
    ];

    [Fact]
    public void Methods_All_SayWhoMayCallThem() =>
        Assert.All(Methods, method => Assert.True(GatewayCalls.CallerOf(method) is not null, $"{method.DeclaringType}.{method.Name}"));

    [Fact]
    public void Methods_OpenToClients_AreTheseAndNoOthers() =>
        // What a client may do to a cluster is what IComputeClient and JobHandle do; whoever opens more says so here.
        Assert.Equal(
            [
                "IClusterGrain.CountJobsAsync",
                "IClusterGrain.DrainAsync",
                "IClusterGrain.GetKindsAsync",
                "IClusterGrain.GetSiloEventsAsync",
                "IClusterGrain.GetSilosAsync",
                "IClusterGrain.ListJobsAsync",
                "IClusterGrain.ProbeAsync",
                "IJobGrain.CancelAsync",
                "IJobGrain.ChangeOptionsAsync",
                "IJobGrain.CheckAsync",
                "IJobGrain.ExplainAsync",
                "IJobGrain.ForgetAsync",
                "IJobGrain.GetAttemptsAsync",
                "IJobGrain.GetDetailsAsync",
                "IJobGrain.GetLeaseBandsAsync",
                "IJobGrain.GetLeaseHistoryAsync",
                "IJobGrain.GetLeasesAsync",
                "IJobGrain.GetLogAsync",
                "IJobGrain.GetResultAsync",
                "IJobGrain.GetStatusAsync",
                "IJobGrain.GetUnitResultsAsync",
                "IJobGrain.PauseAsync",
                "IJobGrain.ResumeAsync",
                "IJobGrain.RetryAsync",
                "IJobGrain.SubmitAsync",
            ],
            Methods.Where(GatewayCalls.IsOpen).Select(method => $"{method.DeclaringType!.Name}.{method.Name}").Order(StringComparer.Ordinal)
        );

    [Fact]
    public void Grains_All_AskWhoCalls()
    {
        Type[] grains =
        [
            .. s_assemblies
                .SelectMany(assembly => assembly.GetTypes())
                .Where(type =>
                    type.IsClass && !typeof(GrainReference).IsAssignableFrom(type) && typeof(IAddressable).IsAssignableFrom(type)
                ),
        ];
        Assert.Contains(typeof(Engine.Execution.WorkerGrain), grains);
        Assert.All(
            grains,
            grain => Assert.True(typeof(IGuardedGrain).IsAssignableFrom(grain), $"{grain} does not implement {nameof(IGuardedGrain)}")
        );
    }

    [Fact]
    public void CallerOf_NobodyHasSaidIt_IsNotOpen() => Assert.False(GatewayCalls.IsOpen(typeof(IManagementGrain).GetMethods()[0]));
}
