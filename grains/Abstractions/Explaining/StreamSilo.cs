namespace OrleansWork;

/// <summary>A silo in a task stream.</summary>
/// <param name="Silo">Its address.</param>
/// <param name="Slots">How many slots it has for the job.</param>
/// <param name="Slowness">How much slower than the average slot its slots are: 1 is average.</param>
public sealed record StreamSilo(string Silo, int Slots, double Slowness);
