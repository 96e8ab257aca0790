namespace OrleansWork.SystemTests.Faults.Driver;

/// <summary>A cluster that takes jobs.</summary>
internal interface IFaultTarget : IAsyncDisposable
{
    /// <summary>Gets the folder of everything that belongs to it.</summary>
    string Directory { get; }

    /// <summary>Gets a client in this process that knows the gateways of all silos.</summary>
    IComputeClient Client { get; }

    /// <summary>Gets the logs of its silos.</summary>
    IEnumerable<SiloLog> Logs { get; }
}

/// <summary>What a silo wrote.</summary>
/// <param name="Silo">Which one.</param>
/// <param name="Text">What all its processes wrote.</param>
/// <param name="WasVictim">Whether a fault was meant for it.</param>
internal sealed record SiloLog(string Silo, string Text, bool WasVictim);
