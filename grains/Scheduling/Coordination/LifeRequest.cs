namespace OrleansWork.Scheduling.Coordination;

/// <summary>What is asked of a coordinator.</summary>
internal enum LifeRequest
{
    Run,
    Submit,
    Pause,
    Resume,
    Options,
    Cancel,
    Retry,
    Forget,
}
