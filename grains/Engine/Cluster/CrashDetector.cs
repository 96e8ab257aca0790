using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using OrleansWork.Scheduling.Failures;

namespace OrleansWork.Engine.Cluster;

/// <summary>
/// Gives up at once a silo whose process is gone: where a host refuses connections to a silo's port, nobody listens there any more.
/// docs/decisions/0010-refused-connections.md.
/// </summary>
/// <remarks>
/// It only ever shortens what membership would find by its probes. A frozen silo and one behind a cut link do not refuse, so they stay
/// membership's to judge; so does a silo that is on its way in or out.
/// </remarks>
internal sealed partial class CrashDetector(
    IPortProbe ports,
    IHeartbeatLink link,
    IClusterMembershipService membership,
    ILocalSiloDetails self,
    TimeProvider time,
    ILogger<CrashDetector> logger
)
{
    /// <summary>A port is asked twice, so that a listener in the middle of a change is not taken for a dead one.</summary>
    private static readonly TimeSpan BetweenAsks = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan WitnessTimeout = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Pace = TimeSpan.FromSeconds(1);
    private const int MaxWitnesses = 3;
    private readonly ConcurrentDictionary<SiloAddress, long> _askedAt = new();
    private volatile bool _listens;

    /// <summary>Looks into a silo that did not answer; once a second at most for each silo, and nobody need wait for it.</summary>
    /// <returns>Whether the silo was declared dead by this call.</returns>
    public async Task<bool> SuspectAsync(SiloAddress silo, CancellationToken cancellationToken = default)
    {
        long now = time.GetTimestamp();
        if (_askedAt.TryGetValue(silo, out long asked) && time.GetElapsedTime(asked, now) < Pace)
            return false;
        _askedAt[silo] = now;
        try
        {
            return await JudgeAsync(silo, cancellationToken);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            LogUndecided(logger, silo, exception.Message);
            return false;
        }
    }

    /// <summary>Returns whether a silo's port refuses connections from here, and this silo's own does not.</summary>
    public async Task<bool> RefusesAsync(SiloAddress silo, CancellationToken cancellationToken = default)
    {
        // Where silos talk by other means than TCP nobody listens at any silo's address, which then says nothing.
        if (!_listens && !(_listens = await ports.AskAsync(self.SiloAddress.Endpoint, cancellationToken) == PortAnswer.Accepted))
            return false;
        if (await ports.AskAsync(silo.Endpoint, cancellationToken) != PortAnswer.Refused)
            return false;
        await Task.Delay(BetweenAsks, time, cancellationToken);
        return await ports.AskAsync(silo.Endpoint, cancellationToken) == PortAnswer.Refused;
    }

    private async Task<bool> JudgeAsync(SiloAddress silo, CancellationToken cancellationToken)
    {
        if (!IsActive(silo))
        {
            _askedAt.TryRemove(silo, out _);
            return false;
        }

        if (!await RefusesAsync(silo, cancellationToken))
            return false;
        SiloAddress[] others =
        [
            .. membership
                .CurrentSnapshot.Members.Values.Where(m => m.Status == Orleans.Runtime.SiloStatus.Active)
                .Select(m => m.SiloAddress)
                .Where(address => !address.Equals(silo) && !address.Equals(self.SiloAddress)),
        ];
        SiloAddress? witness = null;
        if (DeathVotes.Needed(others.Length + 2) > 1)
        {
            Random.Shared.Shuffle(others);
            witness = await WitnessAsync(silo, others.Take(MaxWitnesses), cancellationToken);
            if (witness is null)
                return false;
        }

        // It may have said goodbye meanwhile: a silo that stops in order closes its port too.
        if (!IsActive(silo) || !await membership.TryKill(silo))
            return false;
        LogGone(logger, silo, witness?.ToString() ?? "nobody else was left to ask");
        return true;
    }

    private bool IsActive(SiloAddress silo) =>
        membership.CurrentSnapshot.Members.TryGetValue(silo, out ClusterMember? member)
        && member.Status == Orleans.Runtime.SiloStatus.Active;

    /// <summary>Returns the first silo that finds the same; null when none does in time.</summary>
    private async Task<SiloAddress?> WitnessAsync(SiloAddress silo, IEnumerable<SiloAddress> others, CancellationToken cancellationToken)
    {
        List<Task<SiloAddress?>> asked = [.. others.Select(other => AskAsync(other))];
        while (asked.Count > 0)
        {
            Task<SiloAddress?> answered = await Task.WhenAny(asked);
            if (await answered is { } witness)
                return witness;
            asked.Remove(answered);
        }

        return null;

        async Task<SiloAddress?> AskAsync(SiloAddress other)
        {
            try
            {
                return await link.RefusesAsync(other, silo).WaitAsync(WitnessTimeout, time, cancellationToken) ? other : null;
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                // That silo may be gone as well.
                return null;
            }
        }
    }

    [LoggerMessage(
        LogLevel.Warning,
        "Silo {Silo} refuses connections, so its process is gone; it is declared dead and its leases are granted again (also found by: {Witness})"
    )]
    private static partial void LogGone(ILogger logger, SiloAddress silo, string witness);

    [LoggerMessage(LogLevel.Debug, "Whether silo {Silo} is gone could not be decided: {Reason}; membership decides it")]
    private static partial void LogUndecided(ILogger logger, SiloAddress silo, string reason);
}
