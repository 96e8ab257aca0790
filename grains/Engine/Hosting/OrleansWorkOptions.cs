using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Orleans.Hosting;
using Orleans.Runtime;
using OrleansWork.Engine.Catalog;
using OrleansWork.Engine.Cluster;
using OrleansWork.Engine.Coordination;
using OrleansWork.Engine.Execution;
using OrleansWork.Engine.Placement;
using OrleansWork.Engine.Security;
using OrleansWork.Engine.Storage;
using OrleansWork.Engine.Telemetry;

namespace OrleansWork.Engine.Hosting;

/// <summary>How a silo works for OrleansWork.</summary>
public sealed class OrleansWorkOptions
{
    internal List<Action<EngineOptions>> EngineChanges { get; } = [];

    internal List<Action<CoordinatorOptions>> CoordinatorChanges { get; } = [];

    /// <summary>Changes how the silo performs units.</summary>
    public void Engine(Action<EngineOptions> change) => EngineChanges.Add(change);

    /// <summary>Changes how jobs are recorded and started.</summary>
    public void Coordinator(Action<CoordinatorOptions> change) => CoordinatorChanges.Add(change);
}
