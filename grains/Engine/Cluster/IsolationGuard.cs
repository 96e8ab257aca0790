using System.Globalization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansWork.Engine.Execution;
using OrleansWork.Scheduling.Failures;

namespace OrleansWork.Engine.Cluster;

/// <summary>Stops a silo that is cut off from everybody, by the rule of <see cref="IsolationWatch"/>.</summary>
/// <remarks>Answered heartbeats say that other silos are there; storage is asked only when they are silent, so that all is well costs nothing.</remarks>
internal sealed partial class IsolationGuard(
    HeartbeatSender heartbeats,
    LoadTable table,
    ComputePool pool,
    IStorageProbe storage,
    SiloHealth health,
    IOptions<EngineOptions> options,
    TimeProvider time,
    ILogger<IsolationGuard> logger
) : ILifecycleParticipant<ISiloLifecycle>
{
    private static readonly TimeSpan StoragePeriod = TimeSpan.FromSeconds(1);
    private readonly Lock _gate = new();
    private readonly IsolationWatch _watch = new(options.Value.IsolationLimit, options.Value.HeartbeatPeriod, time.GetElapsedTime(0));
    private readonly CancellationTokenSource _stopping = new();
    private Isolation _state;
    private TimeSpan _askedStorageAt = TimeSpan.MinValue;
    private bool _asksStorage;
    private Task _looking = Task.CompletedTask;

    /// <summary>Gets the last question to storage.</summary>
    internal Task Asking { get; private set; } = Task.CompletedTask;

    /// <inheritdoc/>
    public void Participate(ISiloLifecycle observer) =>
        observer.Subscribe(
            nameof(IsolationGuard),
            ServiceLifecycleStage.Active,
            _ =>
            {
                Begin();
                _looking = Task.Run(LookAsync, CancellationToken.None);
                return Task.CompletedTask;
            },
            async _ =>
            {
                await _stopping.CancelAsync();
                await _looking;
            }
        );

    /// <summary>Starts to listen; the silence before does not count.</summary>
    internal void Begin()
    {
        Answered();
        heartbeats.Answered += Answered;
    }

    /// <summary>Looks once and does what follows.</summary>
    internal void Look()
    {
        TimeSpan now = time.GetElapsedTime(0);
        Isolation before;
        Isolation state;
        TimeSpan silence;
        bool asks;
        lock (_gate)
        {
            before = _state;
            state = _state = _watch.Look(table.CountOthers(pool.Silo), now);
            silence = _watch.SilenceAt(now);
            asks = !_asksStorage && _watch.AsksStorage(now) && now >= _askedStorageAt + StoragePeriod;
            if (asks)
                (_asksStorage, _askedStorageAt) = (true, now);
        }

        if (asks)
            Asking = AskStorageAsync();
        if (state == before)
            return;
        switch (state)
        {
            case Isolation.None:
                pool.Unfence();
                LogBack();
                break;
            case Isolation.Fenced:
                pool.Fence();
                LogFenced(silence.TotalSeconds, (options.Value.IsolationLimit * 2).TotalSeconds);
                break;
            default:
                pool.Fence();
                health.Fail(
                    new SiloFailure(
                        SiloFailureCause.Isolated,
                        string.Create(
                            CultureInfo.InvariantCulture,
                            $"Neither another silo nor storage has answered for {silence.TotalSeconds:0.0} s: the cluster has gone on without this silo"
                        )
                    )
                );
                break;
        }
    }

    private void Answered()
    {
        TimeSpan now = time.GetElapsedTime(0);
        lock (_gate)
            _watch.Answered(now);
    }

    private async Task LookAsync()
    {
        using PeriodicTimer timer = new(options.Value.HeartbeatPeriod, time);
        try
        {
            while (await timer.WaitForNextTickAsync(_stopping.Token))
                Look();
        }
        catch (OperationCanceledException)
        {
            // The silo stops.
        }
    }

    private async Task AskStorageAsync()
    {
        try
        {
            // Another thread: a storage client that blocks before its first await must not hold up the looking.
            await Task.Run(storage.ProbeAsync);
            Answered();
        }
        catch (Exception)
        {
            // No answer: that is what silence is.
        }
        finally
        {
            lock (_gate)
                _asksStorage = false;
        }
    }

    [LoggerMessage(
        LogLevel.Warning,
        "Neither another silo nor storage has answered for {SilentSeconds:0.0} s: the others may have given this silo's work away, so it starts no more units; if nobody answers, its process ends after {EndSeconds:0.0} s of silence"
    )]
    private partial void LogFenced(double silentSeconds, double endSeconds);

    [LoggerMessage(LogLevel.Information, "The cluster answers again: this silo takes leases")]
    private partial void LogBack();
}
