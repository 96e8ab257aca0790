namespace OrleansWork.Silo.Hosting;

/// <summary>How a silo process ends.</summary>
internal static class SiloExit
{
    /// <summary>It was asked to stop.</summary>
    public const int Stopped = 0;

    /// <summary>It failed for a reason that it printed.</summary>
    public const int Failed = 1;

    /// <summary>Its settings break rules, all printed.</summary>
    public const int BadSettings = 2;

    /// <summary>It could not reach its storage or its cluster.</summary>
    public const int Unreachable = 3;

    /// <summary>Too many of its slots were lost to units that ignore their cancellation: a new process is needed.</summary>
    public const int SlotsLost = 6;

    /// <summary>Neither another silo nor storage answered for too long: its cluster has gone on without it.</summary>
    public const int Isolated = 7;

    /// <summary>Its clock is behind that of its cluster.</summary>
    public const int ClockBehind = 8;

    /// <summary>One of its ports is taken.</summary>
    public const int PortTaken = 5;
}
