namespace OrleansWork.Silo.Clustering;

/// <summary>The silo's clock is behind that of its cluster.</summary>
internal sealed class ClockBehindException(string message) : Exception(message);
