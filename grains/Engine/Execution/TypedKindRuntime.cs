using System.Runtime.CompilerServices;
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
        catch (OrleansWorkException refusal) when (refusal.Reason == ErrorReason.Refused)
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
    public override long CountUnits(ReadOnlyMemory<byte> canonicalInput)
    {
        using KindInstance instance = Create();
        return instance.Kind.CountUnits(Parse(canonicalInput));
    }

    /// <inheritdoc/>
    public override async IAsyncEnumerable<ItemBatch> ListItemsAsync(
        ReadOnlyMemory<byte> canonicalInput,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        await using KindInstance instance = Create();
        IAsyncEnumerable<byte[]> items = ((IItemKind<TInput>)instance.Kind).EncodeItemsAsync(
            Parse(canonicalInput),
            services,
            cancellationToken
        );
        await foreach (ItemBatch batch in ItemBatch.PackAsync(items, options.MaxPayloadBytes))
            yield return batch;
    }

    /// <inheritdoc/>
    public override PartialStore CreatePartials(ReadOnlyMemory<byte> canonicalInput) =>
        new PartialStore<TInput, TPartial, TResult>(
            Create(),
            Parse(canonicalInput),
            _codec,
            Descriptor.MediaType,
            options.MaxPayloadBytes,
            Combining
        );

    /// <inheritdoc/>
    public override PreparedJob CreateJob(JobContext context) => Prepared(context, Create());

    private PreparedJob<TInput, TPartial, TResult> Prepared(JobContext context, KindInstance instance) =>
        new(context, Descriptor, instance, Parse(context.Description.InputJson), _codec, ItemsOf(context, instance));

    private ItemReader? ItemsOf(JobContext context, KindInstance instance)
    {
        if (instance.Kind is not IItemKind<TInput> kind)
            return null;
        SegmentReader segments = new(services.GetRequiredService<JobStore>(), context.JobId, context.Incarnation);
        StoredItems items = new(
            segments,
            SegmentIndex.FromBytes(context.Description.Items),
            options.EffectiveWorkers,
            services.GetRequiredService<TimeProvider>()
        );
        return kind.CreateReader(items, services);
    }

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
