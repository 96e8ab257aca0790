using System.Text.Json;
using OrleansWork.Scheduling.Ledger;
using OrleansWork.Scheduling.Reduction;
using OrleansWork.Values;

namespace OrleansWork.Testing;

/// <summary>One job in this process: what a coordinator and its silos do, without the distance.</summary>
internal sealed class LocalJob<TInput, TPartial, TResult>(
    JobKind<TInput, TPartial, TResult> kind,
    JobOptions options,
    IServiceProvider? services
)
{
    private const int RangesPerThread = 8;
    private const int AsyncUnitsPerCore = 16;
    private const int MaxParallel = 1024;
    private readonly JobKindDescriptor _descriptor = JobKindDescriptor.FromType(kind.GetType());
    private (LocalItems Items, ItemReader Reader)? _items;
    private readonly PayloadCodec<TPartial> _codec = PayloadCodec<TPartial>.Create(services);
    private readonly CrossingCheck<TPartial> _check = new(PayloadCodec<TPartial>.Create(services));

    public async Task<TResult> RunAsync(TInput given, CancellationToken cancellationToken)
    {
        (TInput input, byte[] canonical) = ReadInput(given);
        await Guard("PrepareAsync", async () => await kind.PrepareAsync(input, cancellationToken), cancellationToken);
        _items = await ListItemsAsync(input, cancellationToken);
        long count = _items?.Items.Count ?? Guard("CountUnits", () => kind.CountUnits(input));
        if (count is < 0 or > TreeNode.MaxUnits)
            throw Failed("TooManyUnits", $"CountUnits returned {count}; it must be from 0 to 2^62.");
        if (count == 0)
            return ReadBack(Guard("Empty", () => kind.Empty(input)));

        LocalTree<TPartial> tree = new(count, CombineGuarded);
        await RunUnitsAsync(input, JobSeed.Of(options, _descriptor.Name, canonical), count, tree, cancellationToken);
        if (!tree.TryFold(out TPartial? partial))
            throw Failed("NoUnits", "No unit succeeded.");
        TResult result = Guard("Finish", () => kind.Finish(input, partial!));

        // The results of a map kind came through JSON one by one and have no limit together.
        return _descriptor.IsMap ? result : ReadBack(result);
    }

    private async Task<(LocalItems Items, ItemReader Reader)?> ListItemsAsync(TInput input, CancellationToken cancellationToken)
    {
        (LocalItems, ItemReader)? items = null;
        await Guard("Items", async () => items = await LocalItems.ReadAsync(kind, input, services, cancellationToken), cancellationToken);
        return items;
    }

    private (TInput Input, byte[] Canonical) ReadInput(TInput given)
    {
        InputProblem[] wrongOptions = [.. options.Validate()];
        if (wrongOptions.Length > 0)
            throw new RequestRefusedException(ErrorReason.WrongInput, Sentence("The options are wrong", wrongOptions), wrongOptions);
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(given, OrleansWorkJson.Payloads);
        CheckSize(json.Length, "The input");
        KindInput<TInput> reading = Guard("Validate", () => KindInput.Read(kind, json));
        IReadOnlyList<InputProblem> problems =
            reading.Problems.Count == 0 && InputCrossing.Problem(given, reading.Value!) is { } lost ? [lost] : reading.Problems;
        return problems.Count == 0
            ? (reading.Value!, reading.Canonical!)
            : throw new RequestRefusedException(
                ErrorReason.WrongInput,
                Sentence($"The input of {_descriptor.Name} is wrong", problems),
                problems
            );
    }

    private async Task RunUnitsAsync(TInput input, ulong seed, long count, LocalTree<TPartial> tree, CancellationToken cancellationToken)
    {
        int most = Environment.ProcessorCount * (_descriptor.IsAsync ? AsyncUnitsPerCore : 1);
        int parallel = options.MaxParallel is { } asked ? Math.Min(asked, Math.Max(most, MaxParallel)) : most;
        long chunk = options.ChunkUnits ?? Math.Max(1, count / ((long)parallel * RangesPerThread));
        UnitQueue queue = new(count, chunk);
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        int threads = (int)Math.Min(parallel, ((count - 1) / chunk) + 1);
        await Task.WhenAll(
            Enumerable.Range(0, threads).Select(_ => Task.Run(() => RunRangesAsync(input, seed, queue, tree, stop), CancellationToken.None))
        );
        cancellationToken.ThrowIfCancellationRequested();
    }

    private async Task RunRangesAsync(TInput input, ulong seed, UnitQueue queue, LocalTree<TPartial> tree, CancellationTokenSource stop)
    {
        using LocalUnitHost host = new(_descriptor.Name, seed, options.UnitTimeout, services, stop.Token, _items?.Reader);
        NodeStack<TPartial, Combiner> stack = new(queue.UnitCount, new Combiner(this));
        try
        {
            while (!stop.IsCancellationRequested && queue.TryTake(out UnitRange range))
            {
                for (long unit = range.From; unit < range.To; unit++)
                {
                    if (stop.IsCancellationRequested)
                        return;
                    (bool done, TPartial? partial) = await RunUnitAsync(input, unit, host, tree.Holes < MaxFailedUnits);
                    if (done)
                    {
                        stack.Push(TreeNode.OfUnit(unit, queue.UnitCount), partial!);
                    }
                    else
                    {
                        tree.AddHole();
                        Hand(stack, tree);
                    }
                }

                Hand(stack, tree);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Another unit failed, or the caller has had enough: either is told by the one who stopped it.
        }
        catch
        {
            await stop.CancelAsync();
            throw;
        }
    }

    private const int MaxFailedUnits = 1000;

    /// <summary>Hands a range's partials over as bytes, as a report to a coordinator would.</summary>
    private void Hand(NodeStack<TPartial, Combiner> stack, LocalTree<TPartial> tree)
    {
        foreach ((TreeNode node, TPartial value) in stack.Nodes)
        {
            byte[] bytes = Guard($"Encoding a {typeof(TPartial).Name}", () => _codec.Encode(value));
            CheckSize(bytes.Length, $"The partial of units {node.Range(tree.UnitCount)}");
            if (_check.IsDue())
                Guard("Crossing", () => _check.Look(value, bytes, $"The partial of units {node.Range(tree.UnitCount)}"));
            tree.Add(node, Guard($"Decoding a {typeof(TPartial).Name}", () => _codec.Decode(bytes)));
        }

        stack.Clear();
    }

    private async ValueTask<(bool Done, TPartial? Partial)> RunUnitAsync(TInput input, long unit, LocalUnitHost host, bool maySkip)
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                UnitContext context = host.Begin(unit, attempt);
                return (true, _descriptor.IsAsync ? await kind.RunUnitAsync(input, unit, context) : RunUnit(input, unit, context));
            }
            catch (Exception exception) when (host.JobIsCanceled && Cancellation.Is(exception))
            {
                throw exception as OperationCanceledException ?? new OperationCanceledException(exception.Message, exception);
            }
            catch (Exception exception)
            {
                Exception cause =
                    host.TimedOut && Cancellation.Is(exception)
                        ? new TimeoutException(
                            $"It ran longer than {Duration.Format(options.UnitTimeout!.Value)} (JobOptions.UnitTimeout).",
                            exception
                        )
                        : exception;
                if (cause is ValueChangedException)
                    throw Failed(cause.GetType().Name, cause.Message, unit, cause);
                bool permanent = Causes.Unwrap(cause) is PermanentFailureException;
                if (!permanent && attempt < options.MaxAttempts)
                    continue;
                if (options.OnUnitFailure == OnUnitFailure.Skip && maySkip)
                    return (false, default);
                string attempts = permanent ? $"on attempt {attempt}, for good" : $"on all {attempt} attempts";
                throw Threw($"Unit {unit} failed {attempts}", cause, unit);
            }
            finally
            {
                CleanContext.Enter();
            }
        }
    }

    private TPartial RunUnit(TInput input, long unit, UnitContext context) => kind.RunUnit(input, unit, context);

    private TResult ReadBack(TResult result)
    {
        if (result is byte[] raw)
        {
            CheckSize(raw.Length, "The result");
            return result;
        }

        ResultCodec<TResult> codec = new();
        byte[] json = Guard("Writing the result", () => codec.Encode(result));
        CheckSize(json.Length, "The result");
        TResult? read = Guard("Reading the result", () => codec.Decode(json));
        Guard("Crossing", () => new CrossingCheck<TResult>(codec).Look(result, json, "The result"));
        return read ?? throw Failed("NullResult", "The result is null; a job has to return something.");
    }

    private void CheckSize(long bytes, string what)
    {
        if (bytes > LocalRunner.MaxPayloadBytes)
            throw Failed("PayloadTooLarge", $"{what} is {bytes} bytes of payload; the limit is {LocalRunner.MaxPayloadBytes}.");
    }

    private T Guard<T>(string what, Func<T> work)
    {
        try
        {
            return work();
        }
        catch (ValueChangedException exception)
        {
            throw Failed(exception.GetType().Name, exception.Message, unit: null, exception);
        }
        catch (Exception exception) when (exception is not (JobFailedException or RequestException))
        {
            throw Threw($"{what} failed", exception);
        }
        finally
        {
            CleanContext.Enter();
        }
    }

    private void Guard(string what, Action work) =>
        Guard(
            what,
            () =>
            {
                work();
                return true;
            }
        );

    private async Task Guard(string what, Func<Task> work, CancellationToken cancellationToken)
    {
        try
        {
            await work();
        }
        catch (Exception exception) when (!(exception is OperationCanceledException && cancellationToken.IsCancellationRequested))
        {
            throw Threw($"{what} failed", exception);
        }
    }

    private JobFailedException Threw(string what, Exception cause, long? unit = null) =>
        Failed(Causes.Unwrap(cause).GetType().Name, $"{what}. {Causes.Describe(cause)}", unit, cause);

    private JobFailedException Failed(string type, string message, long? unit = null, Exception? cause = null) =>
        new(
            new JobStatus
            {
                Id = LocalUnitHost.LocalName,
                Kind = _descriptor.Name,
                Version = _descriptor.Version,
                State = JobState.Failed,
                Options = options,
                Units = new UnitCounts(null, 0, unit is null ? 0 : 1, 0),
                Error = new JobError(type, $"Job kind {_descriptor.Name}: {message}", unit, unit is null ? null : LocalUnitHost.LocalName),
            },
            cause
        );

    private static string Sentence(string what, IEnumerable<InputProblem> problems) =>
        $"{what}: {string.Join(" ", problems.Select(problem => problem.Message))}";

    private readonly struct Combiner(LocalJob<TInput, TPartial, TResult> job) : ICombiner<TPartial>
    {
        public TPartial Combine(TPartial left, TPartial right) => job.CombineGuarded(left, right);
    }

    private TPartial CombineGuarded(TPartial left, TPartial right)
    {
        try
        {
            return kind.Combine(left, right);
        }
        catch (Exception exception)
        {
            throw Threw("Combine failed", exception);
        }
        finally
        {
            CleanContext.Enter();
        }
    }
}
