namespace OrleansWork.Engine.Telemetry;

/// <summary>Counts the states that one coordinator sees its job in.</summary>
/// <remarks>Called in the coordinator's turns.</remarks>
internal sealed class JobStateCount(CoordinatorInstruments instruments)
{
    private (string Kind, JobState State)? _last;

    /// <summary>Sees a job as it was read: whatever state it is in, another coordinator has counted it.</summary>
    public void Read(string kind, JobState state) => Move(kind, state);

    /// <summary>Sees the state of the job; counts it when it is another than before.</summary>
    public void Became(string kind, JobState state)
    {
        if (_last is { State: var before } && before == state)
            return;
        Move(kind, state);
        instruments.JobBecame(kind, state);
    }

    /// <summary>The job is gone, or its coordinator.</summary>
    public void Leave()
    {
        if (_last is { } last && IsOpen(last.State))
            instruments.ActiveChanged(last.Kind, last.State, -1);
        _last = null;
    }

    private void Move(string kind, JobState state)
    {
        Leave();
        _last = (kind, state);
        if (IsOpen(state))
            instruments.ActiveChanged(kind, state, 1);
    }

    private static bool IsOpen(JobState state) => state is JobState.Queued or JobState.Decomposing or JobState.Running or JobState.Paused;
}
