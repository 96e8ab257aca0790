using Orleans.Storage;
using OrleansWork.Engine.Storage;
using OrleansWork.Protocol;

namespace OrleansWork.Engine.Coordination;

/// <content>The end of an ended job: nothing of it stays.</content>
internal sealed partial class JobGrain
{
    /// <inheritdoc/>
    public async Task<DocumentReply> ForgetAsync()
    {
        if (Missing() is { } refusal)
            return new DocumentReply(null, refusal);
        if (_record.Current is not { IsTerminal: true } manifest)
        {
            return Refused(
                $"Job {JobId} is {_state.ToString().ToLowerInvariant()}; only a job that has ended can be forgotten. Cancel it first."
            );
        }

        // The end is stored; what may be left of it is the entry in the catalogue.
        if (_ending is { } ending)
            await ending;
        try
        {
            DocumentReply last = StatusDocument();
            // The record goes last: until then the same call finds it and can do the rest.
            await services
                .Grains.GetGrain<ICatalogShardGrain>(Keys.CatalogShard(JobId))
                .RemoveAsync(JobId, manifest.Incarnation, manifest.SubmittedTicks);
            await DeleteLogAsync();
            await _record.DeleteAsync();
            Forgotten(JobId);
            // A job of the same id begins with nothing of this one.
            _superseded = true;
            DeactivateOnIdle();
            return last;
        }
        catch (InconsistentStateException)
        {
            Superseded();
            return new DocumentReply(null, new Refusal(ErrorReason.Unavailable, $"Job {JobId} moved to another silo; try again.", []));
        }
        catch (Exception exception) when (StorageFailures.Is(exception))
        {
            return new DocumentReply(
                null,
                new Refusal(ErrorReason.Unavailable, $"Job {JobId}: storage does not answer: {exception.Message}", [])
            );
        }
    }
}
