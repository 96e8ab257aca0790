using OrleansWork.Engine.Storage;
using OrleansWork.Protocol;
using OrleansWork.Scheduling.Coordination;

namespace OrleansWork.Engine.Coordination;

/// <summary>What a dispatch needs of the run whose leases it sends. Called in the run's turns.</summary>
internal interface ILeaseOwner
{
    /// <summary>Gets whether nothing that comes back is of interest any more.</summary>
    bool HasEnded { get; }

    /// <summary>Takes what a silo answered to a call with leases.</summary>
    /// <param name="reports">The answer.</param>
    /// <param name="sent">When the call was made.</param>
    void Answered(ReportBatch reports, TimeSpan sent);

    /// <summary>Takes what became of anything else.</summary>
    void Happened(JobEvent happened);
}
