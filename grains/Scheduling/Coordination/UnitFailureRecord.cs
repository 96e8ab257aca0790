namespace OrleansWork.Scheduling.Coordination;

/// <summary>A unit that failed at least once.</summary>
internal sealed record UnitFailureRecord(long Unit, int Attempts, string Type, string Message, string? Silo, bool ForGood);
