namespace OrleansWork;

/// <summary>What a silo does not get over in its process.</summary>
public enum SiloFailureCause
{
    /// <summary>More slots than <see cref="EngineOptions.MaxLostSlots"/> are lost to units that ignore their cancellation: only a new process gets rid of
    /// threads that do not return.</summary>
    SlotsLost,

    /// <summary>Neither another silo nor storage has answered for twice <see cref="EngineOptions.IsolationLimit"/>: the others have given its work away, and it
    /// cannot read that they declared it dead.</summary>
    Isolated,
}
