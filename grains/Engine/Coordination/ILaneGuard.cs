using OrleansWork.Engine.Execution;
using OrleansWork.Scheduling.Coordination;

namespace OrleansWork.Engine.Coordination;

/// <summary>Says whether a lane may enter the kind's code, as far as other jobs on the silo are concerned.</summary>
internal interface ILaneGuard
{
    /// <summary>Gets whether it may, for moments, without saying so.</summary>
    bool IsQuiet { get; }

    /// <summary>Enters.</summary>
    /// <returns>Whether it may; then <see cref="Leave"/> must follow.</returns>
    bool TryEnter();

    /// <summary>Leaves.</summary>
    void Leave();

    /// <summary>Has the lane try again after a while, by <see cref="PartialLane.Retry"/>.</summary>
    void Later(PartialLane lane);
}
