using System.ComponentModel.DataAnnotations;

namespace OrleansWork;

/// <summary>How long a client goes on trying.</summary>
public sealed class ComputeClientOptions
{
    /// <summary>The section of the configuration that sets them.</summary>
    public const string Section = "OrleansWork:Client";

    /// <summary>Gets or sets how long a call about one job is repeated before it fails.</summary>
    /// <value>The default is 90 seconds: longer than a cluster needs to notice a lost silo and to start the job's coordinator elsewhere.</value>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan RetryFor { get; set; } = TimeSpan.FromSeconds(90);

    /// <summary>Gets or sets how long a call about the whole cluster (lists of jobs, silos and kinds) is repeated before it fails.</summary>
    /// <value>The default is 20 seconds: any silo can answer it, so one lost silo costs one attempt.</value>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan RetryListsFor { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>Gets or sets how long one status call waits for a change before it asks again.</summary>
    /// <value>The default is 2 seconds; at most 5, which is what a coordinator allows.</value>
    [Range(typeof(TimeSpan), "00:00:00.05", "00:00:05")]
    public TimeSpan StatusWait { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>Gets or sets whether a refusal with <see cref="ErrorReason.Busy"/> is tried again inside.</summary>
    /// <value>The default is true; a web server sets it to false and passes the refusal on with Retry-After.</value>
    public bool RetryBusy { get; set; } = true;
}
