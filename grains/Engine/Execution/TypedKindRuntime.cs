using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using OrleansWork.Engine.Storage;
using OrleansWork.Protocol;

namespace OrleansWork.Engine.Execution;

/// <summary>The runtime of a kind with its types; made once per kind from its descriptor.</summary>
internal sealed class KindRuntime<TInput, TPartial, TResult>(JobKindDescriptor descriptor, IServiceProvider services, EngineOptions options)
    : KindRuntime(descriptor)
{
    private readonly PayloadCodec<TPartial> _codec = PayloadCodec<TPartial>.Create(services);

    /// <inheritdoc/>
    public override InputReading ReadInput(ReadOnlyMemory<byte> json)
    {
        if (json.Length > options.MaxPayloadBytes)
        {
            PayloadTooLargeException tooLarge = new("input", json.Length, options.MaxPayloadBytes);
            return new InputReading(null, [new ProblemRecord("", tooLarge.Message)]);
        }

        using KindInstance instance = Create();
        KindInput<TInput> reading = KindInput.Read(instance.Kind, json);
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

    private KindInstance Create()
    {
        AsyncServiceScope scope = services.CreateAsyncScope();
        try
        {
            return new KindInstance(
                (JobKind<TInput, TPartial, TResult>)ActivatorUtilities.CreateInstance(scope.ServiceProvider, Descriptor.Type),
                scope
            );
        }
        catch
        {
            scope.Dispose();
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
