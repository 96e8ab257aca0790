using OrleansWork.Protocol;

namespace OrleansWork.Engine.Coordination;

/// <summary>A way of leases to a silo.</summary>
internal interface ILeaseRoute
{
    /// <summary>Gets the silo's address as users see it; empty when Orleans chooses the silo.</summary>
    string Name { get; }

    /// <summary>Gets the mean round trip without queueing and running, in microseconds.</summary>
    int RoundTripMicros { get; }

    /// <summary>Gets what the silo is, or one of those among which Orleans chooses; null until it has said so.</summary>
    SiloProfile? Profile { get; }

    /// <summary>Sends leases and returns what became of them.</summary>
    ValueTask<ReportBatch> RunAsync(LeaseBatch batch);
}
