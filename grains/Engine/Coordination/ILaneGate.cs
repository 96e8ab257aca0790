using OrleansWork.Engine.Execution;
using OrleansWork.Scheduling.Coordination;

namespace OrleansWork.Engine.Coordination;

/// <summary>Says when a lane may enter the kind's code.</summary>
internal interface ILaneGate
{
    /// <summary>Says which step the lane is about to enter; it waits for <see cref="PartialLane.Enter"/>.</summary>
    void Wanted(KindStep step);

    /// <summary>Says that the step is left.</summary>
    void Left();
}
