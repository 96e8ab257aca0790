using OrleansWork.Engine.Execution;
using OrleansWork.Scheduling.Coordination;

namespace OrleansWork.Engine.Coordination;

/// <summary>Partials cannot be read at present: what was asked for before waits for the lane's gate.</summary>
internal sealed class LaneWaitsException : Exception;
