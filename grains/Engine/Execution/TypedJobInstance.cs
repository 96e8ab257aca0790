using System.Runtime.CompilerServices;
using Microsoft.Extensions.DependencyInjection;
using OrleansWork.Engine.Storage;

namespace OrleansWork.Engine.Execution;

/// <summary>An instance of a kind with its types.</summary>
internal sealed class JobInstance<TInput, TPartial, TResult>(
    JobKindDescriptor descriptor,
    KindRuntime<TInput, TPartial, TResult>.KindInstance instance,
    TInput input,
    PayloadCodec<TPartial> codec,
    CombineFinding combining,
    IServiceProvider services,
    EngineOptions options
) : JobInstance
{
    /// <inheritdoc/>
    public override ValueTask PrepareAsync(CancellationToken cancellationToken) => instance.Kind.PrepareAsync(input, cancellationToken);

    /// <inheritdoc/>
    public override long CountUnits() => instance.Kind.CountUnits(input);

    /// <inheritdoc/>
    public override async IAsyncEnumerable<ItemBatch> ListItemsAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        IAsyncEnumerable<byte[]> items = ((IItemKind<TInput>)instance.Kind).EncodeItemsAsync(input, services, cancellationToken);
        await foreach (ItemBatch batch in ItemBatch.PackAsync(items, options.MaxPayloadBytes))
            yield return batch;
    }

    /// <inheritdoc/>
    public override PartialStore CreatePartials() =>
        new PartialStore<TInput, TPartial, TResult>(instance.Kind, input, codec, descriptor.MediaType, options.MaxPayloadBytes, combining);

    /// <inheritdoc/>
    public override PreparedJob CreateJob(JobContext context) =>
        new PreparedJob<TInput, TPartial, TResult>(context, descriptor, instance.Kind, input, codec, ItemsOf(context));

    /// <inheritdoc/>
    public override ValueTask DisposeAsync() => instance.DisposeAsync();

    private ItemReader? ItemsOf(JobContext context)
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
}
