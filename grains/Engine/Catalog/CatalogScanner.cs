using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansWork.Protocol;

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
    private readonly LossWatch _losses = new();
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
                    .. snapshot
                        .Members.Values.Where(member => member.Status == Orleans.Runtime.SiloStatus.Active)
                        .Select(member => member.SiloAddress)
                        .Order(),
                ];
                bool lost = _losses.Look(snapshot);
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
