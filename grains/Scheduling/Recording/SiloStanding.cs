using OrleansWork.Scheduling.Placement;

namespace OrleansWork.Scheduling.Recording;

/// <summary>How a silo stands with a job at this moment.</summary>
/// <param name="Silo">Its address.</param>
/// <param name="Obstacle">Why it takes no leases; <see cref="Obstacle.None"/> when it does.</param>
/// <param name="Verdict">What would become of it if a lease were placed; <see cref="CandidateVerdict.Ranked"/> when it might be chosen.</param>
/// <param name="Slots">Its slots.</param>
/// <param name="InFlight">Its leases in flight, all jobs together.</param>
/// <param name="Own">Those of this job.</param>
internal readonly record struct SiloStanding(string Silo, Obstacle Obstacle, CandidateVerdict Verdict, int Slots, int InFlight, int Own);
