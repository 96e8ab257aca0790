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
