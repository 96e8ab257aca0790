namespace OrleansWork.Engine.Execution;

/// <summary>
/// Keeps what coordinators run of kinds, outside units, apart from the lone canaries of other jobs on this silo: it may end the process, and the canary's unit
/// would be given up for it.
/// </summary>
internal interface IStepGate
{
    /// <summary>Gets whether there is nothing to keep apart from; costs next to nothing.</summary>
    bool IsQuiet { get; }

    /// <summary>Lets a coordinator enter such a step.</summary>
    /// <param name="jobId">Its job.</param>
    /// <param name="incarnation">Which life of that id.</param>
    /// <param name="isRecorded">Whether the step is recorded as entered, and so blamed if the process ends.</param>
    /// <returns>Whether it may; then <see cref="LeaveStep"/> must follow. A later try may succeed.</returns>
    bool TryEnterStep(string jobId, ulong incarnation, bool isRecorded);

    /// <summary>Hears that the step is left.</summary>
    void LeaveStep(string jobId, ulong incarnation);
}
