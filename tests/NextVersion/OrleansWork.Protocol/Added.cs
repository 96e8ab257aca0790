namespace OrleansWork.Protocol;

internal sealed partial record LeaseBatch
{
    /// <summary>Gets what the next version tells silos besides.</summary>
    [Id(100)]
    public string Added { get; init; } = "told by the next version";
}

internal sealed partial record ReportBatch
{
    /// <summary>Gets what the next version tells coordinators besides.</summary>
    [Id(100)]
    public string Added { get; init; } = "told by the next version";
}

internal sealed partial record SiloLoad
{
    /// <summary>Gets what the next version tells in heartbeats besides.</summary>
    [Id(100)]
    public long Added { get; init; } = 7;
}
