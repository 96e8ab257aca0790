using OrleansWork.Protocol;

namespace OrleansWork.Engine.Coordination;

/// <content>Failed units, once more.</content>
internal sealed partial class JobGrain
{
    /// <inheritdoc/>
    public Task<DocumentReply> RetryAsync()
    {
        if (Missing() is { } refusal)
            return Task.FromResult(new DocumentReply(null, refusal));
        bool hasFailed = _record.Current!.State == JobState.Failed || Status().Units.Failed > 0;
        return Task.FromResult(
            Refused(
                hasFailed
                    ? $"Job {JobId} has failed units, which this version cannot retry yet; submit it again under another id."
                    : $"Job {JobId} has no failed units: there is nothing to retry."
            )
        );
    }
}
