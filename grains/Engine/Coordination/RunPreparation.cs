using System.Diagnostics;
using Microsoft.Extensions.Logging;
using OrleansWork.Engine.Execution;
using OrleansWork.Engine.Storage;
using OrleansWork.Scheduling.Coordination;
using InstanceUse = OrleansWork.Engine.Execution.JobInstances.InstanceUse;

namespace OrleansWork.Engine.Coordination;

/// <summary>What leads to a run: the job's input and options, its units counted or its items listed, and the run made from what is stored.</summary>
/// <remarks>Called in the coordinator's turns; one step at a time, but for counting, which goes on beside others.</remarks>
internal sealed class RunPreparation(CoordinatorServices services, JobRecord record, RecordWriter writer, IJobRunHost host, ILogger logger)
{
    private Submission? _submitted;
    private InstanceUse? _use;
    private int _optionsVersion;
    private ActivityContext _submission;

    /// <summary>Gets the options that the job has now, as they are stored.</summary>
    public JobOptions Options { get; private set; } = new();

    /// <summary>Gets the job's input; empty while it is not read, and when it is no longer needed.</summary>
    public byte[] Input { get; private set; } = [];

    /// <summary>Gets the first record of a submission; null when none was taken here.</summary>
    public JobManifest? Submitted { get; private set; }

    /// <summary>Gets how many units there are; -1 while they are not counted here.</summary>
    public long Units { get; private set; } = -1;

    /// <summary>Gets the items that were listed last.</summary>
    public ItemListing? Listing { get; private set; }

    /// <summary>Takes a submission that is to be recorded.</summary>
    /// <param name="submission">The submission.</param>
    /// <param name="traceParent">The span of whoever submits, or null.</param>
    public void Take(Submission submission, string? traceParent)
    {
        Submitted = submission.ToManifest(record.JobId, services.Time.GetUtcNow());
        (_submitted, Options, Input, Units) = (submission, submission.Options, submission.Input, -1);
        _optionsVersion = 0;
        _ = ActivityContext.TryParse(traceParent, traceState: null, isRemote: true, out _submission);
    }

    /// <summary>Takes the options of a job that was read.</summary>
    /// <exception cref="System.Text.Json.JsonException">This build does not know them.</exception>
    public void Take(JobManifest manifest) => (Options, _optionsVersion) = (JobDocuments.Options(manifest), manifest.OptionsVersion);

    /// <summary>Takes the options of the record after it was written: whoever wrote it may have changed them.</summary>
    public void Follow(JobManifest manifest)
    {
        if (manifest.OptionsVersion != _optionsVersion)
            Take(manifest);
    }

    /// <summary>Reads the input of a job as it is stored.</summary>
    public Task<byte[]> ReadInputAsync(JobManifest manifest) =>
        services.Store.ReadAsync(record.JobId, manifest.Incarnation, manifest.Input);

    /// <summary>Lets go of the kind's instance, and of what is listed of it.</summary>
    public void Release()
    {
        StopListing();
        _use?.Dispose();
        _use = null;
    }

    /// <summary>Lets go of all that an ended job does not need.</summary>
    public void Forget()
    {
        Release();
        Input = [];
    }

    /// <summary>Has the kind prepared for the job on this silo; whoever needs its instance here needs the same.</summary>
    /// <exception cref="UserCodeException">The kind's code threw, or took too long.</exception>
    public async Task PrepareKindAsync()
    {
        InstanceUse use = _use ??= await UseAsync();
        try
        {
            await use.PrepareAsync();
        }
        catch (UserCodeException)
        {
            use.Dispose();
            if (_use == use)
                _use = null;
            throw;
        }
    }

    /// <summary>Counts the units.</summary>
    /// <exception cref="UserCodeException">The kind's code threw, or counts too many.</exception>
    public async Task CountUnitsAsync()
    {
        long most = services.CoordinatorOptions.Value.MaxUnits;
        JobInstance instance = Instance;
        Units = await services.UserCode.RunAsync(
            "CountUnits",
            () => UnitCount.Checked(instance.CountUnits(), most),
            CancellationToken.None
        );
    }

    /// <summary>Lists the first items.</summary>
    /// <exception cref="UserCodeException">The kind's code threw, or lists too many.</exception>
    public async Task ListItemsAsync()
    {
        StopListing();
        Listing = new ItemListing(services.UserCode, Instance, services.CoordinatorOptions.Value.MaxUnits);
        await Listing.ReadAsync();
    }

    /// <summary>Lists no more items.</summary>
    public void StopListing() => Listing?.Stop();

    /// <summary>Makes the run from what is stored.</summary>
    /// <param name="resumed">Whether an earlier coordinator ran the job.</param>
    public async Task<JobRun> MakeRunAsync(bool resumed)
    {
        JobManifest manifest = record.Current!;
        JobSnapshot? snapshot = null;
        List<(long, byte[])> partials = [];
        if (resumed)
            (snapshot, partials) = await writer.ReadSnapshotAsync(manifest);
        JobRun run = new(services, host, manifest, Options, Instance.CreatePartials(), snapshot, _submission, logger);
        run.Restore(partials);
        return run;
    }

    // A deactivation may have let go of it in the middle of a step, which then comes to nothing.
    private JobInstance Instance =>
        _use is { IsPrepared: true } use
            ? use.Instance
            : throw new InvalidOperationException($"Job {record.JobId}: its kind is not prepared.");

    private async Task<InstanceUse> UseAsync()
    {
        if (record.Current is not { } manifest)
            return services.Instances.Use(record.JobId, Submitted!.Incarnation, _submitted!.Kind, _submitted.Input);
        if (Input.Length == 0)
            Input = await ReadInputAsync(manifest);
        _ = services.Kinds.TryGet(manifest.Kind, manifest.KindVersion, out KindRuntime? kind);
        return services.Instances.Use(record.JobId, manifest.Incarnation, kind!, Input);
    }
}
