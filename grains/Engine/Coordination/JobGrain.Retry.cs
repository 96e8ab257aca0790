using OrleansWork.Engine.Execution;
using OrleansWork.Engine.Storage;
using OrleansWork.Protocol;
using OrleansWork.Scheduling.Coordination;

namespace OrleansWork.Engine.Coordination;

internal sealed partial class JobGrain
{
    private static readonly TimeSpan LongestTimer = TimeSpan.FromDays(1);

    private Task<DocumentReply>? _retrying;

    /// <inheritdoc/>
    public async Task<DocumentReply> RetryAsync()
    {
        while (_retrying is { } running)
            await running.ContinueWith(static _ => { }, TaskScheduler.Current);
        if (Missing() is { } refusal)
            return new DocumentReply(null, refusal);
        if (!_record.Current!.IsTerminal)
        {
            // Asking twice is no error.
            return _record.Current.Retries > 0
                ? StatusDocument()
                : Refused($"Job {JobId} has not ended; only the failed units of an ended job can be retried.");
        }

        if (WhyNotRetried(_record.Current) is { } why)
            return Refused(why);
        _retrying = RetryOnceAsync();
        try
        {
            return await _retrying;
        }
        finally
        {
            _retrying = null;
        }
    }

    private string? WhyNotRetried(JobManifest manifest)
    {
        if (manifest.State == JobState.Canceled)
            return $"Job {JobId} was canceled; only failed units can be retried. Submit it again under another id.";
        if (manifest.UnitCount < 0)
            return $"Job {JobId} failed before it had units; submit it again under another id.{WhatFailed(manifest)}";
        bool noneFailed = !manifest.Failures.Any(failure => failure.ForGood);
        if (manifest.State == JobState.Succeeded && noneFailed)
            return $"Job {JobId} has no failed units: there is nothing to retry.";
        if (_options.Deadline is { } deadline && services.Until(manifest.SubmittedTicks, deadline) <= TimeSpan.Zero)
            return $"The deadline of job {JobId} has passed; submit it again under another id.";
        return noneFailed && manifest.FailedBuild is { } failed && failed == BuildOf(manifest)
            ? $"Job {JobId} has no failed units: it is its kind that failed, which does so again as long as its code is the same. Mend {manifest.Kind}, start the silos with it and retry then, or submit the job again under another id.{WhatFailed(manifest)}"
            : null;
    }

    private static string WhatFailed(JobManifest manifest) =>
        JobDocuments.Error(manifest) is { } error ? $" {BoundedText.Cut(error.Message, 1024)}" : "";

    /// <summary>Returns the build of a job's kind on this silo; null where it does not have the kind.</summary>
    private Guid? BuildOf(JobManifest manifest) =>
        services.Kinds.TryGet(manifest.Kind, manifest.KindVersion, out KindRuntime? kind)
            ? kind.Descriptor.Type.Module.ModuleVersionId
            : null;

    /// <summary>Names the build of the kind where nothing but its code decides; units, silos that cannot prepare the job, and the rest may do better next time.</summary>
    private Guid? BuildThatFailed(JobManifest manifest, JobFailure? failure) => failure is { IsOfKind: true } ? BuildOf(manifest) : null;

    /// <summary>Opens the job again: what is committed stays, the units that failed start afresh, and the rest goes on.</summary>
    private async Task<DocumentReply> RetryOnceAsync()
    {
        if (_ending is { } ending)
            await ending;
        JobManifest ended = _record.Current!;
        ICatalogShardGrain shard = services.Grains.GetGrain<ICatalogShardGrain>(Keys.CatalogShard(JobId));
        try
        {
            await shard.RemoveAsync(JobId, ended.Incarnation, ended.SubmittedTicks);
            if (!(await shard.OpenAsync(JobDocuments.OpenEntry(ended))).Accepted)
                return new DocumentReply(
                    null,
                    new Refusal(ErrorReason.Busy, $"{Limits.MaxOpenJobs:N0} jobs are open (MaxOpenJobs); wait for some to end.", [])
                );
            await _record.WriteAsync(
                (current, _) =>
                    Coordinated(current!) with
                    {
                        State = JobState.Queued,
                        Failures = [.. current!.Failures.Where(failure => !failure.ForGood)],
                        Suspects = [],
                        Result = null,
                        ResultMediaType = null,
                        ErrorJson = null,
                        FinishedTicks = 0,
                        Retries = current!.Retries + 1,
                    }
            );
        }
        catch (Exception exception) when (StorageFailures.Is(exception))
        {
            services.StorageLog.Failed($"Job {JobId} could not be opened again; the retry is refused", exception);
            DeactivateOnIdle();
            return new DocumentReply(
                null,
                new Refusal(ErrorReason.Unavailable, $"Job {JobId}: storage does not answer: {exception.Message} Try again.", [])
            );
        }

        _ending = null;
        _counted = null;
        _state = JobState.Queued;
        services.Instruments.JobBecame(ended.Kind, JobState.Queued);
        JobRetried(JobId, ended.Failures.Count(failure => failure.ForGood));
        Publish();
        _ = KeepStarting(ask: true);
        return StatusDocument();
    }

    private bool IsUncounted => !_superseded && _record.Current is { IsTerminal: false, UnitCount: < 0 };

    /// <summary>Ends a job that reaches its deadline before it has units; while it runs, its machine sees to that.</summary>
    private async Task EndAtDeadlineAsync(TimeSpan deadline)
    {
        // No timer counts longer than some weeks.
        for (TimeSpan left = Left(); left > TimeSpan.Zero && IsUncounted; left = Left())
            await Task.Delay(left < LongestTimer ? left : LongestTimer, services.Time);
        if (IsUncounted)
            End(JobPhase.Failed, new JobFailure("DeadlineExceeded", "its deadline passed before its units were known", null, null));

        TimeSpan Left() => services.Until(_record.Current!.SubmittedTicks, deadline);
    }
}
