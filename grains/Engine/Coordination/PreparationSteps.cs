using Microsoft.Extensions.Logging;
using OrleansWork.Engine.Execution;
using OrleansWork.Engine.Storage;
using OrleansWork.Scheduling.Coordination;
using OrleansWork.Scheduling.Failures;

namespace OrleansWork.Engine.Coordination;

/// <summary>The steps on the way to a run, and which of the kind's code this coordinator is in. No step throws: what came of it is an event of the
/// coordinator's life.</summary>
internal sealed partial class PreparationSteps(CoordinatorServices services, JobRecord record, RunPreparation preparation, ILogger logger)
{
    private readonly ILogger _logger = logger;
    private ulong? _recorded;

    /// <summary>Does a step.</summary>
    /// <param name="step">Its number.</param>
    /// <param name="work">What it does.</param>
    /// <param name="done">What happened when it was done.</param>
    /// <param name="isOver">Whether the coordinator leaves: then nothing waits to be let in any more.</param>
    public async Task<LifeEvent> RunAsync(int step, Func<Task> work, LifeEvent done, Func<bool> isOver)
    {
        try
        {
            await WhenClearAsync(work, isKindsCode: done is not RunPrepared, isOver);
            return done;
        }
        catch (UserCodeException exception)
        {
            string? silo = done is KindPrepared ? services.LocalSilo.SiloAddress.ToParsableString() : null;
            string where = silo is null ? "" : $"Preparing the job failed on silo {silo}: ";
            JobFailure failure = new(exception.Failure.Type, $"{where}{exception.Failure.Message}", null, silo)
            {
                Stack = exception.Failure.Stack,
            };
            return new StepFailed(step, failure);
        }
        catch (StoredRecordException exception) when (exception.IsForGood)
        {
            RecordUnreadable(exception, record.JobId);
            return new StepFailed(step, new JobFailure("CorruptRecord", exception.Message, null, null));
        }
        catch (Exception exception)
        {
            services.StorageLog.Failed($"Job {record.JobId} could not be started; it is tried again", exception);
            return new StepNotReached(step);
        }
    }

    /// <summary>Prepares the kind and counts the units. A preparation that fails is not what it is about: the step of its own says so.</summary>
    public async Task CountUnitsAsync()
    {
        try
        {
            await preparation.PrepareKindAsync();
        }
        catch (UserCodeException exception)
        {
            throw new OrleansException($"The kind of job {record.JobId} is not prepared: {exception.Message}");
        }

        await preparation.CountUnitsAsync();
    }

    /// <summary>Enters a step that is about to be recorded, before it is stored: who reads it counts the end of this process for it.</summary>
    /// <exception cref="LaneWaitsException">A lone canary of another job is to be waited for.</exception>
    public void EnterRecorded()
    {
        ulong incarnation = record.Current!.Incarnation;
        if (_recorded is null && !services.Steps.TryEnterStep(record.JobId, incarnation, isRecorded: true))
            throw new LaneWaitsException();
        _recorded ??= incarnation;
    }

    /// <summary>Leaves the step that was recorded, if there is one.</summary>
    public void LeaveRecorded()
    {
        if (_recorded is { } incarnation)
            services.Steps.LeaveStep(record.JobId, incarnation);
        _recorded = null;
    }

    /// <summary>Runs the kind's code where it does not put a lone canary of another job at risk; where steps are recorded, that is seen to already.</summary>
    private async Task WhenClearAsync(Func<Task> work, bool isKindsCode, Func<bool> isOver)
    {
        ulong incarnation = record.Current?.Incarnation ?? preparation.Submitted!.Incarnation;
        bool enters = isKindsCode && record.Current is null or { Step: null };
        while (enters && !services.Steps.TryEnterStep(record.JobId, incarnation, isRecorded: false))
        {
            if (isOver())
                throw new OrleansException($"Job {record.JobId}: its coordinator leaves.");
            await Task.Delay(JobLife.StepWait, services.Time);
        }

        try
        {
            await work();
        }
        finally
        {
            if (enters)
                services.Steps.LeaveStep(record.JobId, incarnation);
        }
    }

    [LoggerMessage(LogLevel.Error, "Job {JobId}: what is stored of it cannot be read; it fails")]
    private partial void RecordUnreadable(Exception exception, string jobId);
}
