namespace OrleansWork.Scheduling.Estimation;

/// <summary>What a lease costs besides its units (h): CPU and wire, without waiting in a queue.</summary>
internal sealed class OverheadEstimator
{
    /// <summary>The assumption before the first report: a call to another process on an ordinary network.</summary>
    public static readonly TimeSpan Assumed = TimeSpan.FromMicroseconds(200);

    private readonly Ewma _seconds = new(TimeSpan.FromSeconds(5), Assumed.TotalSeconds);

    /// <summary>Gets the overhead per lease, in seconds; always above zero.</summary>
    public double Seconds => Math.Max(_seconds.Value, 1e-6);

    /// <summary>Learns from a report that answered a lease call.</summary>
    /// <param name="total">From sending the lease to having the report.</param>
    /// <param name="queued">What of it the lease waited for a slot.</param>
    /// <param name="busy">What of it its units ran.</param>
    /// <param name="now">Monotonic time.</param>
    public void Observe(TimeSpan total, TimeSpan queued, TimeSpan busy, TimeSpan now) =>
        _seconds.Observe(Math.Max(0, (total - queued - busy).TotalSeconds), now);
}
