namespace OrleansWork.Console.Connection;

/// <summary>Reaches clusters by a client of its own for each; one that this process keeps is given longer.</summary>
/// <param name="time">The time.</param>
/// <param name="say">Takes what the user should know while they wait, a line at a time.</param>
internal sealed class ClusterConnector(TimeProvider time, Action<string> say) : IClusterConnector
{
    /// <summary>Gets how long to try to reach a cluster that this process keeps.</summary>
    /// <value>The default is a minute: on a machine that is busy with other things a connection can take far longer than over a network.</value>
    public TimeSpan PatienceWithOwn { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Gets after which time it is said that such a cluster is still waited for.</summary>
    /// <value>The default is 5 seconds.</value>
    public TimeSpan FirstWord { get; init; } = TimeSpan.FromSeconds(5);

    public async Task<ClusterLink> ConnectAsync(ConnectionSettings settings, CancellationToken cancellationToken)
    {
        ClusterOpener opener = settings.IsHttp ? new HttpOpener(settings, time) : ByOrleans(settings);
        try
        {
            return opener.Watch is DirectoryWatch { Supervisor: { } supervisor } living
                ? await OpenLivingAsync(opener, settings.IsOwn ? PatienceWithOwn : null, living, supervisor, cancellationToken)
                : await opener.OpenAsync(patience: null, cancellationToken);
        }
        catch (Exception exception)
        {
            opener.Dispose();
            if (exception is not ClusterUnreachableException refusal || Advice(refusal, settings) is not { Length: > 0 } advice)
                throw;
            throw new ClusterUnreachableException($"{refusal.Message}{advice}", refusal);
        }
    }

    // Of its own, so that nothing of Orleans is loaded where it is not called.
    private OrleansOpener ByOrleans(ConnectionSettings settings) => new(settings, time);

    private static string Advice(ClusterUnreachableException refusal, ConnectionSettings settings)
    {
        string start = settings.IsDefault
            ? " Start one with `orleanswork up`, or say where it is: with --data, the folder of one that runs on this machine, or with --url."
            : "";
        return refusal.InnerException is TimeoutException
            ? $"{start} If it is there and this machine is busy, give it longer: {ConnectionSettings.TimeoutVariable}=30s."
            : start;
    }

    /// <summary>Reaches a cluster whose supervisor runs: an answer that is long in coming says of the machine that it is busy, and of the cluster
    /// nothing. Its silos may refuse for a while, because the supervisor starts them again.</summary>
    private async Task<ClusterLink> OpenLivingAsync(
        ClusterOpener opener,
        TimeSpan? patience,
        DirectoryWatch watch,
        int supervisor,
        CancellationToken cancellationToken
    )
    {
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, watch.Stopped);
        await using ITimer word = time.CreateTimer(
            _ => say($"Still waiting for the cluster in {opener.Name} to answer: it runs (supervisor pid {supervisor}) …"),
            null,
            FirstWord,
            Timeout.InfiniteTimeSpan
        );
        try
        {
            return await opener.OpenAsync(patience, either.Token);
        }
        catch (OperationCanceledException) when (watch.Stopped.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new ClusterUnreachableException(watch.Why);
        }
        catch (ClusterUnreachableException refusal)
        {
            throw new ClusterUnreachableException(
                $"{refusal.Message} It runs (supervisor pid {supervisor}): if this machine is busy, try again when it is less so; what its silos say is in {Path.Combine(opener.Name, "logs")}.",
                refusal
            );
        }
    }
}
