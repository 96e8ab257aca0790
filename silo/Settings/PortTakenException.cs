namespace OrleansWork.Silo.Settings;

/// <summary>A port that the silo was told to use is taken.</summary>
internal sealed class PortTakenException(string message) : Exception(message);
