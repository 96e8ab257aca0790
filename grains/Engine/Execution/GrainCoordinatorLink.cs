using OrleansWork.Protocol;

namespace OrleansWork.Engine.Execution;

/// <summary>The link to coordinator grains.</summary>
internal sealed class GrainCoordinatorLink(IGrainFactory grains) : ICoordinatorLink
{
    /// <inheritdoc/>
    public Task<JobDescription?> GetDescriptionAsync(string jobId, ulong incarnation) =>
        grains.GetGrain<IJobGrain>(jobId).GetDescriptionAsync(incarnation);

    /// <inheritdoc/>
    public Task<bool> ReportAsync(ReportBatch batch) => grains.GetGrain<IJobGrain>(batch.JobId).ReportAsync(batch);

    /// <inheritdoc/>
    public Task<bool> BeginsAsync(string jobId, BeginRequest request) => grains.GetGrain<IJobGrain>(jobId).BeginsAsync(request);

    /// <inheritdoc/>
    public Task NoteAsync(string jobId, UnitNotes notes) => grains.GetGrain<IJobGrain>(jobId).NoteAsync(notes);
}
