namespace OrleansWork.Scheduling.Sizing;

/// <summary>A lease in flight, seen by how soon it will end.</summary>
/// <param name="Lease">Its number.</param>
/// <param name="SecondsLeft">When it is predicted to end, from now, in seconds.</param>
/// <param name="UnitsLeft">How many of its units are not begun yet.</param>
internal readonly record struct RunningLease(long Lease, double SecondsLeft, long UnitsLeft);
