using System.Collections.Immutable;
using OrleansWork.Protocol;

namespace OrleansWork.Engine.Execution;

/// <summary>What the engine does with a job kind without knowing its types. Every member runs user code: call it through <see cref="IUserCode"/>.</summary>
internal abstract class KindRuntime(JobKindDescriptor descriptor)
{
    /// <summary>Gets what is known of the kind from its type.</summary>
    public JobKindDescriptor Descriptor { get; } = descriptor;

    /// <summary>Gets what is known of its Combine.</summary>
    public CombineFinding Combining { get; } = new();

    /// <summary>Makes an instance of the kind and ends it again.</summary>
    /// <exception cref="JobKindDefinitionException">That is not possible with the services there are; the message says why.</exception>
    public abstract Task VerifyAsync();

    /// <summary>Reads and validates an input.</summary>
    public abstract InputReading ReadInput(ReadOnlyMemory<byte> json);

    /// <summary>Makes an instance of the kind for one job.</summary>
    /// <param name="canonicalInput">What <see cref="ReadInput"/> returned.</param>
    public abstract JobInstance CreateInstance(ReadOnlyMemory<byte> canonicalInput);
}

/// <summary>What reading an input gave.</summary>
/// <param name="Canonical">The input as canonical JSON: camelCase, defaults filled in, in the order of declaration; null when there are problems.</param>
/// <param name="Problems">What is wrong with it.</param>
internal sealed record InputReading(byte[]? Canonical, ImmutableArray<ProblemRecord> Problems)
{
    /// <summary>Gets whether nothing is wrong with it, and the kind does not run here all the same.</summary>
    public bool IsRefused { get; init; }
}

/// <summary>The partials of one job at its coordinator, typed, under handles that the coordinator chooses. One caller at a time.</summary>
internal abstract class PartialStore
{
    /// <summary>Gets how many partials there are.</summary>
    public abstract int Count { get; }

    /// <summary>Keeps bytes under a handle; runs no user code.</summary>
    public abstract void Put(long handle, byte[] bytes);

    /// <summary>Combines two neighbours and keeps the result under a handle; both operands are gone. Runs user code.</summary>
    public abstract void Combine(long left, long right, long result);

    /// <summary>Forgets a partial; runs no user code.</summary>
    public abstract void Drop(long handle);

    /// <summary>Returns a partial's bytes; runs user code (the codec) unless they are still as they came.</summary>
    public abstract byte[] Encode(long handle);

    /// <summary>Gets what is known of the kind's Combine.</summary>
    public abstract CombineFinding Combining { get; }

    /// <summary>Combines three neighbours both ways, beside everything else. Runs user code.</summary>
    /// <returns>A sentence where the grouping changes what they come to, else null.</returns>
    public abstract string? FindGrouping(IReadOnlyList<(Scheduling.Ledger.UnitRange Units, byte[] Bytes)> neighbours);

    /// <summary>Makes the result from the partial of all units, or from none at all. Runs user code.</summary>
    public abstract ResultPayload Finish(long? handle);
}

/// <summary>A job's result as it is stored.</summary>
internal sealed record ResultPayload(byte[] Content, string MediaType);

/// <summary>Runs user code that belongs to no unit under guards, on threads of its own: units never make it wait.</summary>
internal interface IUserCode
{
    /// <summary>Runs work on a service thread.</summary>
    /// <exception cref="UserCodeException">The work threw; the failure says what.</exception>
    Task<T> RunAsync<T>(string what, Func<T> work, CancellationToken cancellationToken);

    /// <summary>Runs asynchronous work on the service threads.</summary>
    /// <exception cref="UserCodeException">The work threw; the failure says what.</exception>
    Task<T> RunAsync<T>(string what, Func<Task<T>> work, CancellationToken cancellationToken);
}

/// <summary>User code threw: its failure as plain text, so that no foreign exception crosses the wire.</summary>
internal sealed class UserCodeException(FailureRecord failure) : Exception(failure.Message)
{
    /// <summary>Gets what it threw.</summary>
    public FailureRecord Failure { get; } = failure;

    /// <summary>Gets whether it said that it was cancelled.</summary>
    public bool IsCancellation { get; init; }
}
