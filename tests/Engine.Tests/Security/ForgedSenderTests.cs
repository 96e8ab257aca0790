using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Orleans.TestingHost;
using OrleansWork.Engine.Execution;
using OrleansWork.Engine.Tests.Support;
using OrleansWork.Protocol;
using Xunit;

namespace OrleansWork.Engine.Tests.Security;

/// <summary>A client that writes the name of somebody else where Orleans names the sender. Orleans' client sends such a message again and again, so
/// these tests have silos and a client of their own.</summary>
public sealed class ForgedSenderTests(GuardedSilos guarded) : IClassFixture<GuardedSilos>
{
    private const BindingFlags Any = BindingFlags.Static | BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;
    private readonly TestSilos _silos = guarded.Silos;

    private IClusterClient Client => _silos.Cluster.Client;

    private InProcessSiloHandle Silo => _silos.Cluster.Silos[0];

    [Theory]
    [InlineData("hosted")]
    [InlineData("grain")]
    [InlineData("target")]
    public async Task Client_SaysThatASiloHadSentIt_IsCutOffAndNothingIsDone(string sender)
    {
        // A program of one's own writes what it likes where Orleans names the sender.
        string silo = Silo.SiloAddress.ToParsableString();
        GrainId forged = sender switch
        {
            "hosted" => GrainId.Create(GrainType.Create("sys.client"), $"hosted-{silo}"),
            "grain" => Client.GetGrain<IJobGrain>("any").GetGrainId(),
            _ => GrainId.Create(GrainType.Create("sys.svc.catalog"), silo),
        };
        IWorkerGrain worker = Client.GetGrain<IWorkerGrain>(Keys.Worker(Silo.SiloAddress, 0));
        object runtime = Client.ServiceProvider.GetRequiredService(TypeOf("Orleans.Runtime.IRuntimeClient"));
        PropertyInfo address = runtime.GetType().GetProperty("CurrentActivationAddress", Any)!;
        object own = address.GetValue(runtime)!;
        address.SetValue(
            runtime,
            typeof(GrainAddress).GetMethod("GetAddress", Any)!.Invoke(null, [Silo.SiloAddress, forged, ActivationId.NewId()])
        );
        try
        {
            await Assert.ThrowsAnyAsync<Exception>(() => worker.DrainAsync(true).AsTask().WaitAsync(TimeSpan.FromSeconds(1)));
        }
        finally
        {
            address.SetValue(runtime, own);
        }

        Assert.All(_silos.Cluster.Silos, handle => Assert.False(handle.ServiceProvider.GetRequiredService<ComputePool>().Load().Draining));
        // And the client may come again, as what it is.
        await _silos.UntilAsync(
            async () =>
            {
                try
                {
                    return (await _silos.Client.ListSilosAsync()).Count > 0;
                }
                catch (RequestException)
                {
                    return false;
                }
            },
            "the client to be served again"
        );
    }

    private static Type TypeOf(string name) =>
        AppDomain.CurrentDomain.GetAssemblies().Select(assembly => assembly.GetType(name)).First(type => type is not null)!;
}
