namespace OrleansWork.Silo.Watching;

/// <summary>Something of a cluster that has changed.</summary>
/// <param name="Id">Where a viewer goes on who has seen it.</param>
/// <param name="Document">A <see cref="ClusterStatus"/>, <see cref="JobSummary"/> or <see cref="SiloStatus"/>.</param>
internal sealed record ClusterMoment(string Id, object Document);
