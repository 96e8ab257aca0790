namespace OrleansWork.Silo.JobLoading;

/// <summary>A project does not build.</summary>
internal sealed class ProjectBuildException(string message) : Exception(message);
