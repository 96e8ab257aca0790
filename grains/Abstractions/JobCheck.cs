namespace OrleansWork;

/// <summary>What a submission would lead to at this moment; nothing of it is recorded.</summary>
/// <param name="Units">How many units the job would have; null when that is not said within a second, as of kinds that list items.</param>
/// <param name="Silos">How many silos would take its leases.</param>
/// <param name="Slots">How many slots they have for it, those in use by others among them.</param>
/// <param name="WaitsFor">Why it would not start at once; null when it would.</param>
/// <param name="Warnings">What whoever submits it should know although it would be accepted, a sentence each.</param>
public sealed record JobCheck(long? Units, int Silos, int Slots, WaitingFor? WaitsFor, IReadOnlyList<string> Warnings);
