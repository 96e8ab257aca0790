using OrleansWork.Protocol;
using OrleansWork.Values;

namespace OrleansWork.Engine.Execution;

/// <summary>What the units of a job may say to the silo while they run.</summary>
internal interface IUnitSink
{
    /// <summary>Gets the silo's address as users see it.</summary>
    string Silo { get; }

    /// <summary>Gets a logger for one unit.</summary>
    Microsoft.Extensions.Logging.ILogger GetLogger(long unit, int attempt);

    /// <summary>Takes a unit's progress.</summary>
    void Progress(long unit, int attempt, double fraction, string? message);
}
