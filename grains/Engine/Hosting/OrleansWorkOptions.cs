namespace OrleansWork;

/// <summary>How a silo works for OrleansWork.</summary>
public sealed class OrleansWorkOptions
{
    internal OrleansWorkOptions() { }

    internal List<Action<EngineOptions>> EngineChanges { get; } = [];

    internal List<Action<CoordinatorOptions>> CoordinatorChanges { get; } = [];

    /// <summary>Changes how the silo performs units.</summary>
    public void Engine(Action<EngineOptions> change) => EngineChanges.Add(change);

    /// <summary>Changes how jobs are recorded and started.</summary>
    public void Coordinator(Action<CoordinatorOptions> change) => CoordinatorChanges.Add(change);
}
