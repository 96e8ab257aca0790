using OrleansWork.Engine.Storage;
using OrleansWork.Protocol;

namespace OrleansWork.Engine.Coordination;

/// <content>What units logged: kept, stored a little later, and read while the job runs and after it.</content>
internal sealed partial class JobGrain
{
    private static readonly TimeSpan SaveLogAfter = TimeSpan.FromSeconds(2);

    // Silos send the last lines when the job's end reaches them.
    private static readonly TimeSpan LateNotes = TimeSpan.FromSeconds(2);

    private UnitNoteLog? _log;
    private JobStore.DocumentSlot<JobLog>? _logSlot;
    private Task? _readingLog;
    private TaskCompletionSource _noted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _logIsStored;
    private bool _logIsDirty;
    private bool _savingLog;

    // A field by its looks: its maker needs the grain.
#pragma warning disable IDE1006
    private UnitNoteLog _notes => _log ??= new UnitNoteLog(OnNoted);
#pragma warning restore IDE1006

    private void OnNoted()
    {
        _logIsDirty = true;
        TaskCompletionSource waiting = _noted;
        _noted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        waiting.TrySetResult();
        if (!_savingLog)
            _ = SaveLogSoonAsync();
    }

    /// <inheritdoc/>
    public async Task<LogReply> GetLogAsync(long after, long? unit, TimeSpan wait)
    {
        if (Missing() is { } refusal)
            return new LogReply(after, [], End: false, refusal);
        try
        {
            await ReadLogAsync();
        }
        catch (Exception exception) when (StorageFailures.Is(exception))
        {
            return new LogReply(
                after,
                [],
                End: false,
                new Refusal(ErrorReason.Unavailable, $"Job {JobId}: storage does not answer: {exception.Message}", [])
            );
        }

        Task noted = _noted.Task;
        LogReply reply = Reply();
        if (reply is { Lines.IsEmpty: true, End: false } && wait > TimeSpan.Zero)
        {
            TimeSpan most = _record.Current is { IsTerminal: true } ? LateNotes : LongestWait;
            await Task.WhenAny(noted, Task.Delay(wait < most ? wait : most, services.Time));
            reply = Reply();
        }

        return reply;

        LogReply Reply() => new(_notes.Last, _notes.After(after, unit), End: NothingFollows(), null);
    }

    private bool NothingFollows() =>
        _record.Current is { IsTerminal: true } ended
        && (_ending is null || services.Time.GetUtcNow().UtcTicks - ended.FinishedTicks >= LateNotes.Ticks);

    private JobStore.DocumentSlot<JobLog> LogSlot() =>
        _logSlot ??= services.Store.Document<JobLog>("log", this.GetGrainId(), JobLog.CurrentSchema);

    private async Task ReadLogAsync()
    {
        if (_readingLog is { IsCompleted: true, IsCompletedSuccessfully: false })
            _readingLog = null;
        await (_readingLog ??= ReadOnceAsync());

        async Task ReadOnceAsync()
        {
            if (await LogSlot().ReadAsync() is not { } stored)
                return;
            _logIsStored = true;
            if (stored.Incarnation == _record.Current?.Incarnation)
                _notes.Restore(stored);
        }
    }

    private async Task SaveLogSoonAsync()
    {
        _savingLog = true;
        await Task.Delay(SaveLogAfter, services.Time);
        _savingLog = false;
        await SaveLogAsync();
    }

    /// <summary>Stores the log if it has changed. Whatever goes wrong, the lines stay in memory and the job goes on.</summary>
    private async Task SaveLogAsync()
    {
        if (!_logIsDirty || _superseded || _record.Current is not { } manifest)
            return;
        _logIsDirty = false;
        try
        {
            await ReadLogAsync();
            await LogSlot()
                .WriteAsync(
                    new JobLog
                    {
                        Incarnation = manifest.Incarnation,
                        Last = _notes.Last,
                        Lines = _notes.After(0, unit: null),
                    }
                );
            _logIsStored = true;
        }
        catch (Exception exception)
        {
            LogNotStored(exception, JobId);
        }
    }

    private async Task DeleteLogAsync()
    {
        await ReadLogAsync();
        _logIsDirty = false;
        if (_logIsStored)
            await LogSlot().ClearAsync();
        _logIsStored = false;
    }
}
