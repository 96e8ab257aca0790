namespace OrleansWork.Console.Commands;

/// <summary>What a report is written as.</summary>
internal enum ReportFormat
{
    Html,
    Perfetto,
}
