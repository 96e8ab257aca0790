namespace OrleansWork.Engine.Execution;

/// <summary>Keeps steps of kinds that may end the process, run by coordinators, apart from the lone canaries of other jobs on this silo.</summary>
internal interface IStepGate
{
    /// <summary>Lets a coordinator enter such a step.</summary>
    /// <returns>Whether it may; then <see cref="LeaveStep"/> must follow. A later try may succeed.</returns>
    bool TryEnterStep(string jobId, ulong incarnation);

    /// <summary>Hears that the step is left.</summary>
    void LeaveStep(string jobId, ulong incarnation);
}
