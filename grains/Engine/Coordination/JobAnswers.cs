using OrleansWork.Engine.Storage;
using OrleansWork.Protocol;
using OrleansWork.Scheduling.Coordination;

namespace OrleansWork.Engine.Coordination;

/// <summary>What people are told when a job does not do what they ask, or nothing can be said of it.</summary>
internal static class JobAnswers
{
    /// <summary>Says how a job has ended, after "has".</summary>
    public static string Verb(JobState state) =>
        state switch
        {
            JobState.Succeeded => "succeeded",
            JobState.Failed => "failed",
            JobState.Canceled => "been canceled",
            _ => $"become {state.ToString().ToLowerInvariant()}",
        };

    /// <summary>Makes a refusal for a reason that waiting does not change.</summary>
    public static Refusal Refused(string message) => new(ErrorReason.Refused, message, []);

    /// <summary>Makes a refusal that trying again later may change.</summary>
    public static Refusal Unavailable(string message) => new(ErrorReason.Unavailable, message, []);

    /// <summary>Says that storage did not answer.</summary>
    public static Refusal NoStorage(string jobId, string why) => Unavailable($"Job {jobId}: storage does not answer: {why}");

    /// <summary>Says why a request was not carried out whose answer does not depend on what was asked.</summary>
    /// <param name="answer">What the coordinator's life says.</param>
    /// <param name="jobId">The job.</param>
    /// <param name="why">Why the record cannot be read, or was not written, when that is the answer.</param>
    /// <param name="maxOpenJobs"><see cref="CoordinatorOptions.MaxOpenJobs"/>.</param>
    public static Refusal Of(LifeAnswer answer, string jobId, string? why, int maxOpenJobs) =>
        answer switch
        {
            LifeAnswer.NoJob => new Refusal(ErrorReason.NotFound, $"There is no job {jobId}.", []),
            LifeAnswer.NotRead => NoStorage(jobId, why ?? "its record is not read yet."),
            LifeAnswer.Unreadable => Refused($"Job {jobId} cannot be read: {why}"),
            LifeAnswer.IsEnding => Unavailable($"Job {jobId} is ending, but storage does not answer; it ends when storage returns."),
            LifeAnswer.NotStored => Unavailable($"Job {jobId}: storage does not answer{(why is null ? ";" : $": {why}")} try again."),
            LifeAnswer.TooManyOpen => new Refusal(
                ErrorReason.Busy,
                $"{maxOpenJobs:N0} jobs are open (MaxOpenJobs); wait for some to end.",
                []
            ),
            _ => Unavailable($"Job {jobId} moved to another silo; try again."),
        };

    /// <summary>Says that the job has no such unit.</summary>
    public static Refusal NoSuchUnit(string jobId, long unit, long? count) =>
        new(
            ErrorReason.NotFound,
            count is { } units ? $"Job {jobId} has no unit {unit}; it has {units:N0}, from 0." : $"Job {jobId} has no unit {unit}.",
            []
        );

    /// <summary>Says that a job has had no such lease.</summary>
    public static Refusal NoSuchLease(string jobId, long lease, long granted) =>
        new(ErrorReason.NotFound, $"Job {jobId} has had no lease {lease}; it has had {granted:N0}, from 1.", []);

    /// <summary>Says why the failed units of an ended job are not run again; null when they can be.</summary>
    /// <param name="manifest">The ended job.</param>
    /// <param name="isLate">Whether its deadline has passed.</param>
    /// <param name="build">The build of its kind on this silo; null where it does not have the kind.</param>
    public static string? WhyNotRetried(JobManifest manifest, bool isLate, Guid? build)
    {
        string jobId = manifest.JobId;
        if (manifest.State == JobState.Canceled)
            return $"Job {jobId} was canceled; only failed units can be retried. Submit it again under another id.";
        // What a silo could not prepare another may, some day.
        if (manifest.UnitCount < 0 && JobDocuments.Error(manifest) is not { Silo: not null })
            return $"Job {jobId} failed before it had units; submit it again under another id.{WhatFailed(manifest)}";
        bool noneFailed = !manifest.Failures.Any(failure => failure.ForGood);
        if (manifest.State == JobState.Succeeded && noneFailed)
            return $"Job {jobId} has no failed units: there is nothing to retry.";
        if (isLate)
            return $"The deadline of job {jobId} has passed; submit it again under another id.";
        return noneFailed && manifest.FailedBuild is { } failed && failed == build
            ? $"Job {jobId} has no failed units: it is its kind that failed, which does so again as long as its code is the same. Mend {manifest.Kind}, start the silos with it and retry then, or submit the job again under another id.{WhatFailed(manifest)}"
            : null;
    }

    private static string WhatFailed(JobManifest manifest) =>
        JobDocuments.Error(manifest) is { } error ? $" {BoundedText.Cut(error.Message, 1024)}" : "";
}
