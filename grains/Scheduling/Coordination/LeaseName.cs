namespace OrleansWork.Scheduling.Coordination;

/// <summary>Names a lease within an incarnation of a job.</summary>
/// <param name="Epoch">The epoch of the coordinator that granted it.</param>
/// <param name="Number">Its number in that epoch.</param>
internal readonly record struct LeaseName(int Epoch, long Number);
