namespace OrleansWork;

/// <summary>Where a lease's time went, in seconds.</summary>
/// <param name="Transfer">On its way to the silo.</param>
/// <param name="Queue">Waiting for a slot there.</param>
/// <param name="Compute">On its slot.</param>
/// <param name="Back">Until its coordinator heard of the end.</param>
public sealed record LeaseWaits(double Transfer, double Queue, double Compute, double Back);
