using System.Collections.Immutable;
using OrleansWork.Protocol;
using OrleansWork.Scheduling.Failures;
using OrleansWork.Values;

namespace OrleansWork.Engine.Execution;

/// <summary>What running a lease gave.</summary>
/// <param name="DoneTo">The unit after the last one done.</param>
/// <param name="Nodes">The partials of what is done.</param>
/// <param name="Failure">The failure of unit DoneTo, or null.</param>
internal readonly record struct LeaseResult(long DoneTo, ImmutableArray<NodePartial> Nodes, FailureRecord? Failure);
