using OrleansWork.Protocol;

namespace OrleansWork.Engine.Cluster;

/// <summary>What this silo knows of a silo.</summary>
internal enum SiloViewState
{
    /// <summary>It takes work.</summary>
    Active,

    /// <summary>It finishes what it has and takes no more.</summary>
    Draining,

    /// <summary>Membership declared it dead, or it left.</summary>
    Dead,
}
