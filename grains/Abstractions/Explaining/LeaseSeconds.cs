namespace OrleansWork;

/// <summary>How long leases ran, in seconds: percentiles to within 5 %, and the longest exactly.</summary>
/// <param name="P50">Half of them took at most this.</param>
/// <param name="P90">Nine of ten took at most this.</param>
/// <param name="P99">99 of 100 took at most this.</param>
/// <param name="Max">The longest.</param>
public sealed record LeaseSeconds(double P50, double P90, double P99, double Max);
