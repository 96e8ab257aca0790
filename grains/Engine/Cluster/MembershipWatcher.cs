using Microsoft.Extensions.Logging;

namespace OrleansWork.Engine.Cluster;

/// <summary>Carries membership into the load table as long as the silo lives.</summary>
internal sealed partial class MembershipWatcher(
    IClusterMembershipService membership,
    ILocalSiloDetails self,
    LoadTable table,
    ILogger<MembershipWatcher> logger
) : ILifecycleParticipant<ISiloLifecycle>
{
    private readonly CancellationTokenSource _stopping = new();
    private Task _watching = Task.CompletedTask;

    /// <inheritdoc/>
    public void Participate(ISiloLifecycle observer) =>
        observer.Subscribe(
            nameof(MembershipWatcher),
            ServiceLifecycleStage.RuntimeGrainServices,
            _ =>
            {
                Apply(membership.CurrentSnapshot, isNews: false);
                _watching = Task.Run(WatchAsync, CancellationToken.None);
                return Task.CompletedTask;
            },
            async _ =>
            {
                await _stopping.CancelAsync();
                await _watching;
            }
        );

    private async Task WatchAsync()
    {
        try
        {
            await foreach (ClusterMembershipSnapshot snapshot in membership.MembershipUpdates.WithCancellation(_stopping.Token))
                Apply(snapshot, isNews: true);
        }
        catch (OperationCanceledException)
        {
            // The silo stops.
        }
        catch (Exception exception)
        {
            LogEnded(logger, exception);
        }
    }

    private void Apply(ClusterMembershipSnapshot snapshot, bool isNews)
    {
        foreach (ClusterMember member in snapshot.Members.Values)
        {
            switch (member.Status)
            {
                case Orleans.Runtime.SiloStatus.Active:
                    table.SetMembership(member.SiloAddress, SiloViewState.Active, isNews: isNews);
                    break;
                case Orleans.Runtime.SiloStatus.ShuttingDown:
                case Orleans.Runtime.SiloStatus.Stopping:
                    table.SetMembership(member.SiloAddress, SiloViewState.Draining, isNews: isNews);
                    break;
                case Orleans.Runtime.SiloStatus.Dead:
                    table.SetMembership(member.SiloAddress, SiloViewState.Dead, StartedBeforeThis(member.SiloAddress), isNews);
                    break;
                default:
                    break;
            }
        }
    }

    /// <summary>The generation of a silo is the second in which it started.</summary>
    private TimeSpan StartedBeforeThis(SiloAddress silo) =>
        TimeSpan.FromSeconds(Math.Max(0, (long)self.SiloAddress.Generation - silo.Generation));

    [LoggerMessage(LogLevel.Error, "Membership is not followed any more: this silo will not notice silos that join or die")]
    private static partial void LogEnded(ILogger logger, Exception exception);
}
