namespace OrleansWork.Scheduling.Coordination;

/// <summary>What a job's record says of the steps of its kind's code that end processes: so that one which does again and again fails the job.</summary>
/// <remarks>docs/decisions/0026-steps-that-end-their-process.md.</remarks>
/// <param name="Entered">The step that is recorded as entered by a coordinator; null when none is.</param>
/// <param name="Deaths">How often the process of a coordinator has ended, the last times in one and the same step: from 1 on each step is recorded before it
/// is entered, at <see cref="JobLife.DeathsToFail"/> the job fails.</param>
/// <param name="Fatal">The step that was entered when a process ended last; null when that is not known.</param>
internal readonly record struct StepRecord(KindStep? Entered, int Deaths, KindStep? Fatal)
{
    /// <summary>Gets whether steps are recorded before they are entered.</summary>
    public bool IsCareful => Deaths > 0;

    /// <summary>Returns it once a step is about to be entered.</summary>
    public StepRecord Enter(KindStep step) => this with { Entered = step };

    /// <summary>Returns it once the step is left, and the process lives.</summary>
    public StepRecord Leave() => Entered == Fatal ? new StepRecord(null, Math.Min(Deaths, 1), null) : this with { Entered = null };

    /// <summary>Returns it for whoever comes after a coordinator.</summary>
    /// <param name="coordinatorDied">Whether the coordinator's process has ended.</param>
    /// <param name="workersDied">Whether that of another silo has ended which may have had leases of the job.</param>
    public StepRecord AfterDeaths(bool coordinatorDied, bool workersDied)
    {
        StepRecord left = this with { Entered = null };
        if (!coordinatorDied)
            return workersDied ? left with { Deaths = Math.Max(1, Deaths) } : left;
        // The first time nobody has recorded where it was; from then on each step is recorded before it is entered.
        if (Entered is not { } step)
            return left with { Deaths = Math.Max(1, Deaths) };
        return step == Fatal ? left with { Deaths = Deaths + 1 } : new StepRecord(null, 2, step);
    }
}
