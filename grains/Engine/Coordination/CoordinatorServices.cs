using Microsoft.Extensions.Logging;
using Orleans.Serialization;
using OrleansWork.Engine.Cluster;
using OrleansWork.Engine.Execution;
using OrleansWork.Engine.Storage;
using OrleansWork.Engine.Telemetry;
using OrleansWork.Scheduling.Recording;

namespace OrleansWork.Engine.Coordination;

/// <summary>What every coordinator on a silo works with.</summary>
internal sealed record CoordinatorServices(
    JobStore Store,
    StorageLog StorageLog,
    JobKindRegistry Kinds,
    KindFindings Findings,
    LoadTable Loads,
    IUserCode UserCode,
    IStepGate Steps,
    JobInstances Instances,
    TimeProvider Time,
    ILocalSiloDetails LocalSilo,
    IClusterMembershipService Membership,
    IGrainFactory Grains,
    CoordinatorInstruments Instruments,
    SiloInstruments Decisions,
    RecordBudget Records,
    Microsoft.Extensions.Options.IOptions<EngineOptions> Options,
    Microsoft.Extensions.Options.IOptions<CoordinatorOptions> CoordinatorOptions,
    ILoggerFactory Loggers
)
{
    private const int MostTrials = 2;

    /// <summary>Gets what lets in kinds' code that is run for a submission which may never come: never so much of it that others wait.</summary>
    public SemaphoreSlim Trials { get; } = new(MostTrials, MostTrials);

    /// <summary>Gets monotonic time.</summary>
    public TimeSpan Now => Time.GetElapsedTime(0);

    /// <summary>Returns how long it is until some time after a moment has passed; negative when it has.</summary>
    public TimeSpan Until(long momentTicks, TimeSpan after) => TimeSpan.FromTicks(momentTicks - Time.GetUtcNow().UtcTicks) + after;
}
