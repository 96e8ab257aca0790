using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansWork.Protocol;
using OrleansWork.Scheduling.Failures;
using Status = Orleans.Runtime.SiloStatus;

namespace OrleansWork.Engine.Catalog;

/// <summary>Has the catalogue look for open jobs without a coordinator: when this silo starts and whenever a silo is gone.</summary>
/// <remarks>Each shard is the business of one active silo, so that a change of membership costs one scan of each.</remarks>
internal sealed partial class CatalogScanner(
    IClusterMembershipService membership,
    ILocalSiloDetails localSilo,
    IGrainFactory grains,
    ILogger<CatalogScanner> logger
) : BackgroundService
{
    private readonly LossWatch<SiloAddress> _losses = new();
    private bool _started;

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await foreach (ClusterMembershipSnapshot snapshot in membership.MembershipUpdates.WithCancellation(stoppingToken))
            {
                SiloAddress[] active =
                [
                    .. snapshot.Members.Values.Where(member => member.Status == Status.Active).Select(member => member.SiloAddress).Order(),
                ];
                bool lost = _losses.Look(Alive(snapshot));
                bool starts = !_started && active.Contains(localSilo.SiloAddress);
                if (!starts && !(lost && _started))
                    continue;
                _started = true;
                _ = ScanAsync(active);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The silo stops.
        }
    }

    /// <summary>Lists the silos that may have coordinators, and whether each is stopping.</summary>
    internal static IEnumerable<(SiloAddress Silo, bool Stops)> Alive(ClusterMembershipSnapshot snapshot) =>
        snapshot
            .Members.Values.Where(member => member.Status is Status.Active or Status.ShuttingDown or Status.Stopping)
            .Select(member => (member.SiloAddress, member.Status != Status.Active));

    private async Task ScanAsync(SiloAddress[] active)
    {
        int mine = Array.IndexOf(active, localSilo.SiloAddress);
        for (int shard = 0; shard < Keys.CatalogShards; shard++)
        {
            if (shard % active.Length != mine)
                continue;
            try
            {
                await grains.GetGrain<ICatalogShardGrain>(shard).ScanAsync();
            }
            catch (Exception exception)
            {
                ScanFailed(exception, shard);
            }
        }
    }

    [LoggerMessage(
        LogLevel.Information,
        "Catalogue shard {Shard} could not be scanned; its reminder or the next change of membership does it"
    )]
    private partial void ScanFailed(Exception exception, int shard);
}
