using OrleansWork.Scheduling.Coordination;

namespace OrleansWork.Engine.Recording;

/// <summary>A run at a moment.</summary>
/// <param name="Machine">The coordinator's machine.</param>
/// <param name="Epoch">The coordinator's epoch.</param>
/// <param name="Zero">When the machine's time was zero.</param>
/// <param name="Now">The machine's time.</param>
internal readonly record struct RunMoment(JobMachine Machine, int Epoch, DateTimeOffset Zero, TimeSpan Now);
