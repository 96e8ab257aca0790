namespace OrleansWork.Engine.Execution;

/// <summary>Tells the host of a silo whether its turns run promptly, for its health check.</summary>
public sealed class TurnHealth
{
    private volatile bool _isStarved;

    /// <summary>Gets whether turns wait so long, because code in the process blocks the threads of its pool, that the silo takes no leases.</summary>
    public bool IsStarved
    {
        get => _isStarved;
        internal set => _isStarved = value;
    }
}
