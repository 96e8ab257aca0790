using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using OrleansWork.Engine.Storage;
using OrleansWork.Protocol;
using OrleansWork.Services;

namespace OrleansWork.Engine.Execution;

/// <summary>The runtime of a kind with its types; made once per kind from its descriptor.</summary>
/// <param name="descriptor">The kind.</param>
/// <param name="services">The silo's own services.</param>
/// <param name="kindServices">What instances of the kind are made from.</param>
/// <param name="options">How the silo works.</param>
internal sealed class KindRuntime<TInput, TPartial, TResult>(
    JobKindDescriptor descriptor,
    IServiceProvider services,
    IServiceProvider kindServices,
    EngineOptions options
) : KindRuntime(descriptor)
{
    private readonly PayloadCodec<TPartial> _codec = PayloadCodec<TPartial>.Create(services);

    /// <inheritdoc/>
    public override async Task VerifyAsync()
    {
        await using KindInstance instance = Create(KindConstructor.CreateOrExplain);
    }

    /// <inheritdoc/>
    public override InputReading ReadInput(ReadOnlyMemory<byte> json)
    {
        if (json.Length > options.MaxPayloadBytes)
        {
            PayloadTooLargeException tooLarge = new("input", json.Length, options.MaxPayloadBytes);
            return new InputReading(null, [new ProblemRecord("", tooLarge.Message)]);
        }

        using KindInstance instance = Create();
        KindInput<TInput> reading;
        try
        {
            reading = KindInput.Read(instance.Kind, json);
        }
        catch (RequestException refusal) when (refusal.Reason == ErrorReason.Refused)
        {
            return new InputReading(null, [new ProblemRecord("", refusal.Message)]) { IsRefused = true };
        }

        if (reading.Canonical?.Length > options.MaxPayloadBytes)
        {
            PayloadTooLargeException tooLarge = new("input with its defaults", reading.Canonical.Length, options.MaxPayloadBytes);
            return new InputReading(null, [new ProblemRecord("", tooLarge.Message)]);
        }

        return new InputReading(
            reading.Canonical,
            [.. reading.Problems.Select(problem => new ProblemRecord(problem.Field, problem.Message))]
        );
    }

    /// <inheritdoc/>
    public override JobInstance CreateInstance(ReadOnlyMemory<byte> canonicalInput) =>
        new JobInstance<TInput, TPartial, TResult>(Descriptor, Create(), Parse(canonicalInput), _codec, Combining, services, options);

    private static TInput Parse(ReadOnlyMemory<byte> json) =>
        JsonSerializer.Deserialize<TInput>(json.Span, OrleansWorkJson.Payloads) ?? throw new JsonException("The input is null.");

    private KindInstance Create() => Create(static (kind, services) => KindConstructor.Create(kind.Type, services));

    private KindInstance Create(Func<JobKindDescriptor, IServiceProvider, object> make)
    {
        AsyncServiceScope scope = kindServices.CreateAsyncScope();
        try
        {
            return new KindInstance((JobKind<TInput, TPartial, TResult>)make(Descriptor, scope.ServiceProvider), scope);
        }
        catch
        {
            // Not waited for, and not synchronously: what it holds may know no other end, and would hide what was thrown.
            _ = scope.DisposeAsync().AsTask();
            throw;
        }
    }

    /// <summary>A kind's instance with the scope that its dependencies live in; both end together.</summary>
    internal sealed class KindInstance(JobKind<TInput, TPartial, TResult> kind, AsyncServiceScope scope) : IDisposable, IAsyncDisposable
    {
        public JobKind<TInput, TPartial, TResult> Kind { get; } = kind;

        // For short uses: an asynchronous end goes on by itself, nobody waits for it.
        public void Dispose() => _ = DisposeAsync().AsTask();

        public async ValueTask DisposeAsync()
        {
            try
            {
                if (Kind is IAsyncDisposable asynchronous)
                    await asynchronous.DisposeAsync();
                else if (Kind is IDisposable disposable)
                    disposable.Dispose();
            }
            finally
            {
                await scope.DisposeAsync();
            }
        }
    }
}
