namespace OrleansWork.Silo.Watching;

/// <summary>A status of a job that is watched.</summary>
/// <param name="Id">Names it: a viewer that has seen this one needs it no more.</param>
/// <param name="Status">The status.</param>
internal sealed record JobMoment(string Id, JobStatus Status);
