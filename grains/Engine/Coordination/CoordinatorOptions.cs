using System.ComponentModel.DataAnnotations;

namespace OrleansWork;

/// <summary>How jobs are recorded, started and kept.</summary>
public sealed class CoordinatorOptions
{
    /// <summary>The section of the configuration that sets them.</summary>
    public const string Section = "OrleansWork:Coordinator";

    /// <summary>Gets or sets how long a change of a running job may wait to be stored, so that others go with it.</summary>
    /// <value>The default is 200 ms.</value>
    [Range(typeof(TimeSpan), "00:00:00", "00:00:10")]
    public TimeSpan CheckpointDelay { get; set; } = TimeSpan.FromMilliseconds(200);

    /// <summary>Gets or sets how much work may be unsaved before it is stored at once.</summary>
    /// <value>The default is 10 seconds of slots' time.</value>
    [Range(typeof(TimeSpan), "00:00:00.100", "01:00:00")]
    public TimeSpan MaxUnsavedWork { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Gets or sets whether leases predicted under a millisecond share messages.</summary>
    /// <value>The default is true; false sends each alone, for measuring.</value>
    public bool MergeLeases { get; set; } = true;

    /// <summary>Gets or sets how many units a job may have.</summary>
    /// <value>The default is 2^62, which is also the most there can be.</value>
    [Range(typeof(long), "1", "4611686018427387904")]
    public long MaxUnits { get; set; } = 1L << 62;

    /// <summary>Gets or sets how many jobs may be open in the cluster: recorded and not ended.</summary>
    /// <value>
    /// The default is 100,000; beyond it submissions are refused with <see cref="ErrorReason.LimitReached"/>. It is shared out evenly over
    /// the 32 shards of the catalogue, rounded up, so that one shard may refuse when others still have a place.
    /// </value>
    [Range(1, 10_000_000)]
    public int MaxOpenJobs { get; set; } = 100_000;

    /// <summary>Gets or sets how many jobs run at once for each silo of the cluster; the rest wait in their catalogue shard.</summary>
    /// <value>The default is 256.</value>
    [Range(1, 100_000)]
    public int MaxRunningJobsPerSilo { get; set; } = 256;

    /// <summary>Gets or sets how many units may fail for good before a job that skips them fails.</summary>
    /// <value>The default is 1,000; at most 10,000, since each of them is listed.</value>
    [Range(1, 10_000)]
    public int MaxFailedUnits { get; set; } = 1_000;

    /// <summary>Gets or sets how much memory a silo gives to what the coordinators on it keep of leases and decisions one by one.</summary>
    /// <value>The default is 32 MiB; the oldest make room. Each running job may keep its newest 64 of both besides.</value>
    [Range(typeof(long), "1048576", "68719476736")]
    public long RecordBytes { get; set; } = 32L << 20;

    /// <summary>Gets or sets how long the answer to a submission waits for the job to be split, so that small jobs need one write less.</summary>
    /// <value>The default is 50 ms.</value>
    [Range(typeof(TimeSpan), "00:00:00", "00:00:05")]
    public TimeSpan DecomposeWait { get; set; } = TimeSpan.FromMilliseconds(50);

    /// <summary>Gets or sets how long a catalogue shard gathers ended jobs before it stores them.</summary>
    /// <value>The default is 500 ms.</value>
    [Range(typeof(TimeSpan), "00:00:00", "00:01:00")]
    public TimeSpan CatalogCloseDelay { get; set; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Gets or sets how long an opened job may be without a manifest before the catalogue drops it.</summary>
    /// <value>The default is 1 minute: longer than a submission takes.</value>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan OpenWithoutManifest { get; set; } = TimeSpan.FromMinutes(1);
}
