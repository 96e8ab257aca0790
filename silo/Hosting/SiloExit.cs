namespace OrleansWork.Silo.Hosting;

/// <summary>How a silo process ends; 6 and 7 are those of <see cref="SiloFailure.ExitCode"/>.</summary>
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

    /// <summary>Its clock is behind that of its cluster.</summary>
    public const int ClockBehind = 8;

    /// <summary>One of its ports is taken.</summary>
    public const int PortTaken = 5;
}
