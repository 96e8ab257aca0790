using Microsoft.Extensions.Logging;
using OrleansWork.Engine.Storage;
using OrleansWork.Protocol;

namespace OrleansWork.Engine.Coordination;

/// <summary>What units of a job logged: kept, stored a little later in a document of its own, and read while the job runs and after it.</summary>
/// <remarks>Called in the coordinator's turns. Whatever goes wrong, the lines stay in memory and the job goes on.</remarks>
/// <param name="services">What the coordinator works with.</param>
/// <param name="grain">The coordinator's grain.</param>
/// <param name="record">The job's record.</param>
/// <param name="logger">Where it says what it could not store.</param>
internal sealed partial class JobLogBook(CoordinatorServices services, GrainId grain, JobRecord record, ILogger logger)
{
    private static readonly TimeSpan SaveAfter = TimeSpan.FromSeconds(2);

    private readonly ILogger _logger = logger;
    private readonly UnitNoteLog _notes = new();
    private readonly JobStore.DocumentSlot<JobLog> _slot = services.Store.Document<JobLog>("log", grain, JobLog.CurrentSchema);
    private readonly Signal _noted = new();
    private Task? _reading;
    private bool _isStored;
    private bool _isDirty;
    private bool _savesSoon;
    private bool _isClosed;

    /// <summary>Takes what units of one silo said.</summary>
    public void Add(UnitNotes notes)
    {
        _notes.Add(notes);
        _isDirty = true;
        _noted.Raise();
        if (!_savesSoon)
            _ = SaveSoonAsync();
    }

    /// <summary>Returns the lines after a number, oldest first; waits for some when there are none.</summary>
    /// <param name="after">The number of the last line that the caller has.</param>
    /// <param name="unit">Only of this unit, or null.</param>
    /// <param name="wait">For how long.</param>
    /// <param name="isWhole">Says whether no line follows any more.</param>
    public async Task<LogReply> GetAsync(long after, long? unit, TimeSpan wait, Func<bool> isWhole)
    {
        await ReadAsync();
        Task noted = _noted.Next;
        LogReply reply = Reply();
        if (reply is { Lines.IsEmpty: true, End: false } && wait > TimeSpan.Zero)
        {
            await Task.WhenAny(noted, Task.Delay(wait, services.Time));
            reply = Reply();
        }

        return reply;

        LogReply Reply() => new(_notes.Last, _notes.After(after, unit), End: isWhole(), null);
    }

    /// <summary>Stores the lines, if some are not.</summary>
    public async Task SaveAsync()
    {
        if (!_isDirty || _isClosed || record.Current is not { } manifest)
            return;
        _isDirty = false;
        try
        {
            await ReadAsync();
            await _slot.WriteAsync(
                new JobLog
                {
                    Incarnation = manifest.Incarnation,
                    Last = _notes.Last,
                    Lines = _notes.After(0, unit: null),
                }
            );
            _isStored = true;
        }
        catch (Exception exception)
        {
            LogNotStored(exception, record.JobId);
        }
    }

    /// <summary>Stores nothing from now on: somebody else keeps the log.</summary>
    public void Close() => _isClosed = true;

    /// <summary>Deletes what is stored.</summary>
    public async Task DeleteAsync()
    {
        await ReadAsync();
        _isDirty = false;
        if (_isStored)
            await _slot.ClearAsync();
        _isStored = false;
    }

    private async Task SaveSoonAsync()
    {
        _savesSoon = true;
        await Task.Delay(SaveAfter, services.Time);
        _savesSoon = false;
        await SaveAsync();
    }

    private async Task ReadAsync()
    {
        if (_reading is { IsCompleted: true, IsCompletedSuccessfully: false })
            _reading = null;
        await (_reading ??= ReadOnceAsync());
    }

    private async Task ReadOnceAsync()
    {
        if (await _slot.ReadAsync() is not { } stored)
            return;
        _isStored = true;
        if (stored.Incarnation == record.Current?.Incarnation)
            _notes.Restore(stored);
    }

    [LoggerMessage(LogLevel.Information, "Job {JobId}: what its units logged could not be stored; it is tried again with the next lines")]
    private partial void LogNotStored(Exception exception, string jobId);
}
