using System.Collections.Immutable;
using OrleansWork.Protocol;

namespace OrleansWork.Engine.Execution;

/// <summary>What reading an input gave.</summary>
/// <param name="Canonical">The input as canonical JSON: camelCase, defaults filled in, in the order of declaration; null when there are problems.</param>
/// <param name="Problems">What is wrong with it.</param>
internal sealed record InputReading(byte[]? Canonical, ImmutableArray<ProblemRecord> Problems)
{
    /// <summary>Gets whether nothing is wrong with it, and the kind does not run here all the same.</summary>
    public bool IsRefused { get; init; }
}
