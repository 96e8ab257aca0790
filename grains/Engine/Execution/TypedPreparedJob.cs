using System.Collections.Concurrent;
using OrleansWork.Values;

namespace OrleansWork.Engine.Execution;

/// <summary>A prepared job with its types.</summary>
internal sealed class PreparedJob<TInput, TPartial, TResult>(
    JobContext context,
    JobKindDescriptor descriptor,
    JobKind<TInput, TPartial, TResult> kind,
    TInput input,
    PayloadCodec<TPartial> codec,
    ItemReader? items
) : PreparedJob(context)
{
    private readonly ConcurrentQueue<UnitRunner<TInput, TPartial, TResult>> _runners = new();
    private readonly CrossingCheck<TPartial> _check = new(codec, context.ValueCheckInterval);

    // Units in a block may be run again when one of them left something behind.
    private volatile bool _allowsBlocks = !descriptor.SideEffects;
    private volatile bool _changesProcess;

    /// <inheritdoc/>
    public override bool IsAsync => descriptor.IsAsync;

    /// <inheritdoc/>
    public override int AsyncSlots => descriptor.AsyncSlots;

    /// <inheritdoc/>
    public override LeaseResult Run(LeaseWork work)
    {
        UnitRunner<TInput, TPartial, TResult> runner = Rent();
        LeaseResult result = runner.Run(work, UnitCare.For(Turn.NanosPerUnit, _allowsBlocks, _changesProcess));
        Return(runner);
        return result;
    }

    /// <inheritdoc/>
    public override async Task<LeaseResult> RunAsync(LeaseWork work)
    {
        UnitRunner<TInput, TPartial, TResult> runner = Rent();
        LeaseResult result = await runner.RunAsync(work, UnitCare.For(Turn.NanosPerUnit, allowsBlocks: false, _changesProcess));
        Return(runner);
        return result;
    }

    private void Return(UnitRunner<TInput, TPartial, TResult> runner)
    {
        if (runner.LeavesTraces)
            _allowsBlocks = false;
        if (runner.ChangesProcess)
            _changesProcess = true;
        _runners.Enqueue(runner);
    }

    private UnitRunner<TInput, TPartial, TResult> Rent() =>
        _runners.TryDequeue(out UnitRunner<TInput, TPartial, TResult>? runner)
            ? runner
            : new UnitRunner<TInput, TPartial, TResult>(kind, input, codec, _check, Context, items, descriptor.IsMap);
}
