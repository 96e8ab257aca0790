namespace OrleansWork.Console.Commands;

/// <summary>What a local cluster is started with.</summary>
internal sealed record LocalClusterRequest
{
    /// <summary>Gets how many silos it has.</summary>
    public int Silos { get; init; } = 3;

    /// <summary>Gets how many slots each silo has, or null to share the cores out.</summary>
    public int? Slots { get; init; }

    /// <summary>Gets the first HTTP port to try, or null for any free ones.</summary>
    public int? HttpPort { get; init; }

    /// <summary>Gets its directory, or null for one of its own.</summary>
    public string? Directory { get; init; }

    /// <summary>Gets the assemblies, folders or projects with job kinds.</summary>
    public IReadOnlyList<string> Jobs { get; init; } = [];

    /// <summary>Gets labels as <c>silo:name=value</c>.</summary>
    public IReadOnlyList<string> Labels { get; init; } = [];

    /// <summary>Gets whether units may run commands.</summary>
    public bool AllowExec { get; init; }

    /// <summary>Gets whether units may end their process, for tests of faults.</summary>
    public bool AllowCrash { get; init; }

    /// <summary>Gets whether to start without what is damaged in the store.</summary>
    public bool AcceptLoss { get; init; }

    /// <summary>Gets whether to start though the clock is behind that of the last writes.</summary>
    public bool AcceptClock { get; init; }
}
