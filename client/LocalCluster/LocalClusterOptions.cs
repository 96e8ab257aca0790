namespace OrleansWork.Console.LocalCluster;

/// <summary>What a local cluster of real processes is to be.</summary>
internal sealed record LocalClusterOptions
{
    /// <summary>Gets how many silos to run, 1 to 64.</summary>
    /// <value>The default is 3.</value>
    public int Silos { get; init; } = 3;

    /// <summary>Gets the slots of every silo.</summary>
    /// <value>By default the cores are shared out between the silos, at least one each.</value>
    public int? Slots { get; init; }

    /// <summary>Gets the first HTTP port; every silo takes the next free one. Silo and gateway ports go up from 11111 and 30000 alike.</summary>
    /// <value>Null takes any free ports for everything, as a throw-away cluster does.</value>
    public int? Port { get; init; }

    /// <summary>Gets the folder that holds the store's data, logs and cluster.json.</summary>
    /// <value>Null makes a throw-away folder under the temporary one, removed by <see cref="ClusterSupervisor.StopAsync"/>.</value>
    public string? DataDirectory { get; init; }

    /// <summary>Gets the assemblies, folders and projects whose job kinds the silos load.</summary>
    public IReadOnlyList<string> Jobs { get; init; } = [];

    /// <summary>Gets the labels of the silos.</summary>
    public IReadOnlyList<SiloLabel> Labels { get; init; } = [];

    /// <summary>Gets the folders under which jobs may read files.</summary>
    /// <value>The default is the whole file system: a local cluster reads for nobody but its owner, and with no rights but the owner's.</value>
    public IReadOnlyList<string> FileRoots { get; init; } = [Path.GetPathRoot(Environment.CurrentDirectory)!];

    /// <summary>Gets whether jobs may start programs.</summary>
    public bool AllowExec { get; init; }

    /// <summary>Gets whether jobs may end a silo's process.</summary>
    public bool AllowCrash { get; init; }

    /// <summary>Gets whether to start without what is damaged in the store.</summary>
    public bool AcceptLoss { get; init; }

    /// <summary>Gets whether to start though the clock is behind that of the last writes.</summary>
    public bool AcceptClock { get; init; }

    /// <summary>Gets whether silos and the store that die are started again.</summary>
    /// <value>The default is true.</value>
    public bool Restart { get; init; } = true;

    /// <summary>Gets how long the start of the whole cluster may take.</summary>
    /// <value>The default is 90 s: far above the usual few, for machines under load.</value>
    public TimeSpan StartTimeout { get; init; } = TimeSpan.FromSeconds(90);

    /// <summary>Shares the cores out between silos.</summary>
    /// <returns>The slots of the silo with this number, counted from 1; at least 1.</returns>
    public int SlotsOf(int number) =>
        Slots ?? Math.Max(1, (Environment.ProcessorCount / Silos) + (number <= Environment.ProcessorCount % Silos ? 1 : 0));

    /// <summary>Checks what can be checked before anything starts.</summary>
    /// <exception cref="LocalClusterException">Something is wrong; exit code 2.</exception>
    public void Validate()
    {
        if (Silos is < 1 or > 64)
            throw new LocalClusterException(2, $"--silos is {Silos}; it must be 1 to 64.");
        if (Slots is < 1 or > 1024)
            throw new LocalClusterException(2, $"--slots is {Slots}; it must be 1 to 1024.");
        if (Port is < 1 or > 65_000)
            throw new LocalClusterException(2, $"--port is {Port}; it must be 1 to 65000.");
        if (Jobs.FirstOrDefault(j => !File.Exists(j) && !Directory.Exists(j)) is { } missing)
            throw new LocalClusterException(2, $"--jobs names '{missing}', which is no file or folder.");
        if (Labels.FirstOrDefault(l => l.Silo > Silos) is { } label)
            throw new LocalClusterException(2, $"--label '{label}' names silo {label.Silo}, but there are {Silos}.");
    }
}
