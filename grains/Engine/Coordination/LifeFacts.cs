using OrleansWork.Engine.Execution;
using OrleansWork.Engine.Storage;
using OrleansWork.Scheduling.Coordination;

namespace OrleansWork.Engine.Coordination;

/// <summary>What a coordinator's life is told of its record, and of the silo and the cluster that it was read in.</summary>
internal sealed class LifeFacts(CoordinatorServices services, RunPreparation preparation)
{
    private const int SilosToFailPreparing = 2;

    /// <summary>Says what there is to know of a record.</summary>
    /// <param name="manifest">The record; null when there is none.</param>
    /// <param name="runs">Whether the job runs here: then it does not move.</param>
    public LifeRecord? Of(JobManifest? manifest, bool runs)
    {
        if (manifest is null)
            return null;
        bool mayMove = !runs && MayMove(manifest);
        StepRecord steps = manifest.Steps();
        JobPhase phase = manifest.State switch
        {
            JobState.Paused => JobPhase.Paused,
            JobState.Succeeded => JobPhase.Succeeded,
            JobState.Failed => JobPhase.Failed,
            JobState.Canceled => JobPhase.Canceled,
            _ => JobPhase.Running,
        };
        return new LifeRecord(phase, manifest.Epoch, manifest.UnitCount >= 0)
        {
            KindIsHere = services.Kinds.TryGet(manifest.Kind, manifest.KindVersion, out KindRuntime? kind),
            ListsItems = kind?.Descriptor.ItemType is not null,
            HasItems = manifest.Items.Count > 0,
            IsCoordinated = manifest.Coordinator is not null,
            HasOrphans = !manifest.Orphans.IsEmpty,
            LeasedTo = manifest.LeasedTo,
            Steps = steps,
            FatalStepWasLeft = steps.Fatal == KindStep.Combine && manifest.HasCombined(),
            HasLeased = manifest.Leases > 0 || manifest.LeasedTo > 0,
            Retries = manifest.Retries,
            OptionsVersion = manifest.OptionsVersion,
            PrepareFailures = manifest.PrepareFailures,
            MostPrepareFailures = mayMove ? SilosToFailPreparing : preparation.Options.MaxAttempts,
            MayMove = mayMove,
            DeadlineAt = preparation.Options.Deadline is { } deadline
                ? services.Now + services.Until(manifest.SubmittedTicks, deadline)
                : null,
        };
    }

    /// <summary>Returns the build of a job's kind on this silo; null where it does not have the kind.</summary>
    public Guid? BuildOf(JobManifest manifest) =>
        services.Kinds.TryGet(manifest.Kind, manifest.KindVersion, out KindRuntime? kind)
            ? kind.Descriptor.Type.Module.ModuleVersionId
            : null;

    private bool MayMove(JobManifest manifest) =>
        KindHosts.Choose(services.Loads.Snapshot(), manifest.Kind, manifest.KindVersion, services.LocalSilo.SiloAddress) is not null;
}
