namespace OrleansWork.Silo.Watching;

/// <summary>What has ended of a job's leases since the batch before, and what runs.</summary>
/// <param name="From">The cursor from which on; null when it is the first, or counted anew.</param>
/// <param name="To">The cursor up to which.</param>
/// <param name="Json">The document of <see cref="JobLeases"/>.</param>
internal sealed record LeaseBatch(string? From, string? To, string Json);
