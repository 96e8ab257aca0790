namespace OrleansWork.Http;

/// <summary>What a report is written as.</summary>
internal enum ReportFormat
{
    /// <summary>One HTML file.</summary>
    Html,

    /// <summary>A trace for ui.perfetto.dev.</summary>
    Perfetto,
}
