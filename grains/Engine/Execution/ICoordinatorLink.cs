using OrleansWork.Protocol;

namespace OrleansWork.Engine.Execution;

/// <summary>What a silo's pool asks of and tells a job's coordinator, wherever that is at present.</summary>
internal interface ICoordinatorLink
{
    /// <summary>Asks for what is needed to run units of the job.</summary>
    /// <returns>Null when the coordinator knows no such incarnation.</returns>
    Task<JobDescription?> GetDescriptionAsync(string jobId, ulong incarnation);

    /// <summary>Hands in reports that no call waits for.</summary>
    /// <returns>Whether they were taken; otherwise they are sent again.</returns>
    Task<bool> ReportAsync(ReportBatch batch);

    /// <summary>Asks whether a lone canary may begin.</summary>
    /// <returns>Whether to run it; otherwise it is handed back.</returns>
    Task<bool> BeginsAsync(string jobId, BeginRequest request);

    /// <summary>Tells logs and progress of units; may get lost.</summary>
    Task NoteAsync(string jobId, UnitNotes notes);
}
