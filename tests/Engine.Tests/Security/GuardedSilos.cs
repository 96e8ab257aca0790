using Microsoft.Extensions.DependencyInjection;
using Orleans.Hosting;
using OrleansWork.Engine.Security;
using OrleansWork.Engine.Tests.Support;
using OrleansWork.Protocol.Security;
using Xunit;

namespace OrleansWork.Engine.Tests.Security;

/// <summary>Two silos that are guarded as those of the silo host are, and a client with the client's form of their secret.</summary>
public sealed class GuardedSilos : IAsyncLifetime
{
    private static readonly string s_secret = ClusterSecret.Create();
    private TestSilos? _silos;
    private volatile bool _isStarted;

    internal TestSilos Silos => _silos ?? throw new InvalidOperationException("The silos are not there yet.");

    public async ValueTask InitializeAsync()
    {
        _silos = await TestSilos.StartAsync(
            2,
            host: silo =>
            {
                silo.UseClusterSecret(s_secret);

                // As RefuseForeignCalls has it; but the test cluster's own client starts by calls that are refused then.
                ForeignCalls foreign = new();
                silo.Services.AddSingleton(foreign);
                silo.AddIncomingGrainCallFilter(call => _isStarted ? foreign.Invoke(call) : call.Invoke());
            },
            client: client => client.UseClusterSecret(ClusterSecret.Parse(s_secret).ClientForm)
        );
        _isStarted = true;
    }

    public async ValueTask DisposeAsync()
    {
        _isStarted = false;
        await Silos.DisposeAsync();
    }
}
