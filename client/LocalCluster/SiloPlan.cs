namespace OrleansWork.Console.LocalCluster;

/// <summary>What a silo of a local cluster is started with.</summary>
internal sealed record SiloPlan
{
    /// <summary>Gets its number, counted from 1.</summary>
    public required int Number { get; init; }

    /// <summary>Gets the path of the silo's assembly.</summary>
    public required string Program { get; init; }

    /// <summary>Gets where the store is, as host:port.</summary>
    public required string Redis { get; init; }

    /// <summary>Gets the file of the store's password: not in the list of processes, and not in what jobs start.</summary>
    public required string RedisPasswordFile { get; init; }

    /// <summary>Gets the cluster's id.</summary>
    public required string ClusterId { get; init; }

    /// <summary>Gets the id under which state is stored.</summary>
    public required string ServiceId { get; init; }

    /// <summary>Gets the first HTTP port to try; null takes any free ports.</summary>
    public int? FirstPort { get; init; }

    /// <summary>Gets its slots.</summary>
    public required int Slots { get; init; }

    /// <summary>Gets the data folder of the cluster.</summary>
    public required string DataDirectory { get; init; }

    /// <summary>Gets the file of the cluster's secret.</summary>
    public required string SecretFile { get; init; }

    /// <summary>Gets the owner's key for HTTP as silos know it: name, role and hash.</summary>
    public required string Key { get; init; }

    /// <summary>Gets the folders under which jobs may read files.</summary>
    public IReadOnlyList<string> FileRoots { get; init; } = [];

    /// <summary>Gets the paths of job kinds to load.</summary>
    public IReadOnlyList<string> Jobs { get; init; } = [];

    /// <summary>Gets its labels, as name or name=value.</summary>
    public IReadOnlyList<string> Labels { get; init; } = [];

    /// <summary>Gets whether jobs may start programs.</summary>
    public bool AllowExec { get; init; }

    /// <summary>Gets whether jobs may end the silo's process.</summary>
    public bool AllowCrash { get; init; }
}
