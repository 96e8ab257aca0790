namespace OrleansWork.Engine.Coordination;

/// <summary>A job would have more units than it may have.</summary>
internal sealed class UnitCountException(string message) : Exception(message);
