using System.Collections.Concurrent;
using OrleansWork.Values;

namespace OrleansWork.Engine.Execution;

/// <summary>A prepared job with its types.</summary>
internal sealed class PreparedJob<TInput, TPartial, TResult>(
    JobContext context,
    JobKindDescriptor descriptor,
    KindRuntime<TInput, TPartial, TResult>.KindInstance instance,
    TInput input,
    PayloadCodec<TPartial> codec,
    ItemReader? items
) : PreparedJob(context)
{
    private const double BlockNanosPerUnit = 1_000;
    private readonly ConcurrentQueue<UnitRunner<TInput, TPartial, TResult>> _runners = new();
    private readonly CrossingCheck<TPartial> _check = new(codec, context.ValueCheckInterval);

    /// <inheritdoc/>
    public override bool IsAsync => descriptor.IsAsync;

    /// <inheritdoc/>
    public override int AsyncSlots => descriptor.AsyncSlots;

    /// <inheritdoc/>
    public override ValueTask PrepareAsync(CancellationToken cancellationToken) => instance.Kind.PrepareAsync(input, cancellationToken);

    /// <inheritdoc/>
    public override LeaseResult Run(LeaseWork work)
    {
        UnitRunner<TInput, TPartial, TResult> runner = Rent();
        LeaseResult result = runner.Run(work, NanosPerUnit < BlockNanosPerUnit);
        _runners.Enqueue(runner);
        return result;
    }

    /// <inheritdoc/>
    public override async Task<LeaseResult> RunAsync(LeaseWork work)
    {
        UnitRunner<TInput, TPartial, TResult> runner = Rent();
        LeaseResult result = await runner.RunAsync(work);
        _runners.Enqueue(runner);
        return result;
    }

    /// <inheritdoc/>
    public override ValueTask DisposeAsync() => instance.DisposeAsync();

    private UnitRunner<TInput, TPartial, TResult> Rent() =>
        _runners.TryDequeue(out UnitRunner<TInput, TPartial, TResult>? runner)
            ? runner
            : new UnitRunner<TInput, TPartial, TResult>(instance.Kind, input, codec, _check, Context, items, descriptor.IsMap);
}
