using Orleans.Storage;
using OrleansWork.Engine.Storage;
using OrleansWork.Protocol;
using OrleansWork.Scheduling.Coordination;

namespace OrleansWork.Engine.Coordination;

/// <content>Pause and resume: the record says which, from the moment the request is acknowledged, and the run follows it.</content>
internal sealed partial class JobGrain
{
    /// <inheritdoc/>
    public bool IsPaused => _record.Current is { State: JobState.Paused };

    /// <inheritdoc/>
    public Task<DocumentReply> PauseAsync() => PauseOrResumeAsync(pause: true);

    /// <inheritdoc/>
    public Task<DocumentReply> ResumeAsync() => PauseOrResumeAsync(pause: false);

    private async Task<DocumentReply> PauseOrResumeAsync(bool pause)
    {
        if (Missing() is { } refusal)
            return new DocumentReply(null, refusal);
        if (_record.Current!.IsTerminal)
        {
            return Refused(
                pause
                    ? $"Job {JobId} has {Verb(_record.Current.State)}; only an open job can be paused."
                    : $"Job {JobId} has {Verb(_record.Current.State)}; only a paused job can be resumed."
            );
        }

        if (IsPaused != pause && await StoreAsync(pause) is { } failed)
            return new DocumentReply(null, failed);
        FollowRecord();
        Publish();
        if (!pause && _run is null)
            await StartIfPlacedAsync();
        return StatusDocument();
    }

    private async Task<Refusal?> StoreAsync(bool pause)
    {
        JobState state =
            pause ? JobState.Paused
            : _run is null ? JobState.Queued
            : JobState.Running;
        try
        {
            await _record.WriteAsync((current, _) => current!.IsTerminal ? current : current with { State = state });
            return null;
        }
        catch (InconsistentStateException)
        {
            Superseded();
        }
        catch (Exception exception) when (StorageFailures.Is(exception))
        {
            services.StorageLog.Failed($"Job {JobId} could not be stored as {state}; the request is refused", exception);
        }

        return new Refusal(ErrorReason.Unavailable, $"Job {JobId}: storage does not answer; try again.", []);
    }

    /// <summary>Has the run, if there is one by now, do what the record says; one that starts later looks there itself.</summary>
    private void FollowRecord()
    {
        if (_record.Current is not { IsTerminal: false } stored || _ending is not null)
            return;
        if (_run is not { } run)
        {
            _state =
                stored.State == JobState.Paused ? JobState.Paused
                : _starting is { IsCompleted: false } && stored.UnitCount < 0 ? JobState.Decomposing
                : JobState.Queued;
            return;
        }

        _state = RunningOrPaused(stored);
        if (_state == JobState.Paused)
            run.Apply(new PauseRequested());
        else
            run.Apply(new ResumeRequested());
    }

    private static JobState RunningOrPaused(JobManifest stored) => stored.State == JobState.Paused ? JobState.Paused : JobState.Running;
}
