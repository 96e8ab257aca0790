using System.Security.Cryptography;
using OrleansWork.Engine.Cluster;
using OrleansWork.Engine.Execution;
using OrleansWork.Engine.Recording;
using OrleansWork.Protocol;
using OrleansWork.Scheduling.Placement;
using OrleansWork.Scheduling.Recording;
using InstanceUse = OrleansWork.Engine.Execution.JobInstances.InstanceUse;

namespace OrleansWork.Engine.Coordination;

/// <summary>Says what would come of a submission that would be accepted; records nothing.</summary>
internal sealed class SubmissionCheck(CoordinatorServices services, string jobId, Submission submission)
{
    private static readonly TimeSpan CountBound = TimeSpan.FromSeconds(1);

    private const int MostSilosNamed = 8;

    private string Kind => submission.Kind.Descriptor.Name;

    private int Version => submission.Kind.Descriptor.Version;

    /// <summary>Says it.</summary>
    /// <param name="counts">How many jobs the job's catalogue shard has; null when it did not say.</param>
    /// <param name="isThere">Whether the same job has been submitted under this id already.</param>
    public async Task<JobCheck> MakeAsync(CatalogCounts? counts, bool isThere)
    {
        (long? units, string? uncounted) = await CountAsync();
        SiloView[] silos = [.. services.Loads.Snapshot()];
        SiloStanding[] standings = [.. silos.Where(static silo => silo.State != SiloViewState.Dead).Select(StandingOf)];
        SiloStanding[] taking = [.. standings.Where(static silo => silo.Obstacle == Obstacle.None)];
        int slots = taking.Sum(static silo => silo.Slots);
        bool isFull = counts is { MostStarted: > 0 } known && known.Started >= known.MostStarted;
        List<string> warnings = [];
        if (isThere)
            warnings.Add($"Job {jobId} is there already, with the same kind, input and options; submitting it again returns that one.");
        if (counts is null)
            warnings.Add("The catalogue of jobs does not answer, so that nobody knows whether the job would wait for others.");
        if (uncounted is not null)
            warnings.Add(uncounted);
        if (Idle(units, slots) is { } idle)
            warnings.Add(idle);
        if (taking.Length > 0)
            warnings.AddRange(
                standings.Where(IsLeftOut).Take(MostSilosNamed).Select(silo => $"Silo {silo.Silo} {Placements.Why(silo.Obstacle)}.")
            );
        return new JobCheck(
            units,
            taking.Length,
            slots,
            isThere ? null : Waiting.BeforeSubmission(Kind, Version, submission.Options, standings, isFull),
            warnings
        );
    }

    private SiloStanding StandingOf(SiloView silo)
    {
        Obstacle obstacle = Suitability.ObstacleOf(silo, Kind, Version, submission.Options.Require);
        int slots = silo is { Profile: { } profile, Load: { } load }
            ? Suitability.Slots(profile, load, Kind, Version, submission.Kind.Descriptor.IsAsync)
            : 0;
        return new SiloStanding(silo.Address.ToParsableString(), obstacle, CandidateVerdict.Ranked, slots, InFlight: 0, Own: 0);
    }

    /// <summary>Says whether a silo could run the job, but for what it is in at present.</summary>
    private static bool IsLeftOut(SiloStanding silo) =>
        silo.Obstacle is Obstacle.Unheard or Obstacle.Draining or Obstacle.MemoryFull or Obstacle.TurnsWait;

    /// <summary>Says that a fixed size of leases, or the most in flight, leaves slots without work.</summary>
    private string? Idle(long? units, int slots)
    {
        if (submission.Options.ChunkUnits is { } chunk && units is { } all && (all + chunk - 1) / chunk is var leases && leases < slots)
            return $"With {Words.Count(chunk, "unit")} a lease (chunkUnits) the {Words.Count(all, "unit")} make {Words.Count(leases, "lease")}: at most so many of {Words.Count(slots, "slot")} have work.";
        return submission.Options.MaxParallel is { } most && most < slots
            ? $"At most {Words.Count(most, "lease")} of the job run at once (maxParallel), on {Words.Count(slots, "slot")}."
            : null;
    }

    /// <summary>Counts the units where that takes no longer than somebody waits who fills in a form.</summary>
    /// <returns>The count, or why there is none; neither for kinds that list items.</returns>
    private async Task<(long? Units, string? Why)> CountAsync()
    {
        if (submission.Kind.Descriptor.ItemType is not null)
            return (null, null);
        ulong incarnation = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(8));
        if (!await services.Trials.WaitAsync(TimeSpan.Zero))
            return (null, "The units are not counted: others are being counted on this silo.");
        if (!services.Steps.TryEnterStep(jobId, incarnation, isRecorded: false))
        {
            services.Trials.Release();
            return (null, "The units are not counted: a unit runs on this silo that must not be disturbed.");
        }

        InstanceUse use = services.Instances.Use(jobId, incarnation, submission.Kind, submission.Input);
        Task<long> counting = CountOnceAsync(use, incarnation);
        try
        {
            return (await counting.WaitAsync(CountBound, services.Time), null);
        }
        catch (TimeoutException)
        {
            _ = counting.ContinueWith(static task => task.Exception, TaskScheduler.Default);
            if (!use.IsPrepared)
                use.Dispose();
            return (null, $"The units are not counted: {Kind} takes longer than {Duration.Format(CountBound)} to do so.");
        }
        catch (UserCodeException exception)
        {
            return (null, $"The job would fail: {BoundedText.Cut(exception.Message, 1024)}");
        }
    }

    private async Task<long> CountOnceAsync(InstanceUse use, ulong incarnation)
    {
        try
        {
            await use.PrepareAsync();
            use.Cancellation.ThrowIfCancellationRequested();
            JobInstance instance = use.Instance;
            long most = services.CoordinatorOptions.Value.MaxUnits;
            return await services.UserCode.RunAsync(
                "CountUnits",
                () => UnitCount.Checked(instance.CountUnits(), most),
                CancellationToken.None
            );
        }
        finally
        {
            use.Dispose();
            services.Steps.LeaveStep(jobId, incarnation);
            services.Trials.Release();
        }
    }
}
