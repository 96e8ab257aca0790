namespace OrleansWork.Engine.Storage;

/// <summary>Some stored results of a job, and where to go on.</summary>
/// <param name="Next">The cursor after them.</param>
/// <param name="Batch">The results, as <see cref="UnitResultReader"/> reads them; about 1 MB at most.</param>
/// <param name="Failures">Units that failed for good and lie before <paramref name="Next"/>, in unit order.</param>
/// <param name="End">Whether nothing follows, now or later.</param>
internal sealed record ResultSlice(long Next, byte[] Batch, IReadOnlyList<StoredFailure> Failures, bool End);
