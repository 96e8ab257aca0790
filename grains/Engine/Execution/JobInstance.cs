using OrleansWork.Engine.Storage;

namespace OrleansWork.Engine.Execution;

/// <summary>The one instance of a kind that serves a job on this silo, with the job's input: prepared once, and used by many threads.</summary>
/// <remarks>Every member but <see cref="CreatePartials"/> runs user code: call it through <see cref="IUserCode"/>.</remarks>
internal abstract class JobInstance : IAsyncDisposable
{
    /// <summary>Runs the kind's own preparation; once, before anything else.</summary>
    public abstract ValueTask PrepareAsync(CancellationToken cancellationToken);

    /// <summary>Splits the job.</summary>
    /// <returns>0 to 2^62.</returns>
    public abstract long CountUnits();

    /// <summary>Lists the items of a job of a kind that has some.</summary>
    /// <returns>The items in batches, the last one marked.</returns>
    public abstract IAsyncEnumerable<ItemBatch> ListItemsAsync(CancellationToken cancellationToken);

    /// <summary>Makes the coordinator's store of typed partials of the job.</summary>
    public abstract PartialStore CreatePartials();

    /// <summary>Makes what runs units of the job.</summary>
    public abstract PreparedJob CreateJob(JobContext context);

    /// <inheritdoc/>
    public abstract ValueTask DisposeAsync();
}
