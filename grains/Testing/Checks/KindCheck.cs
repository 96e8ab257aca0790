using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using OrleansWork.Checks;
using OrleansWork.Scheduling.Ledger;

namespace OrleansWork.Testing;

/// <summary>One check of one kind with one input.</summary>
internal sealed class KindCheck<TInput, TPartial, TResult>(
    JobKind<TInput, TPartial, TResult> kind,
    JobKindDescriptor descriptor,
    JobKindCheckOptions options,
    IServiceProvider? services,
    Func<JobKind<TInput, TPartial, TResult>?> another,
    CancellationToken cancellationToken
)
{
    private readonly PayloadCodec<TPartial> _codec = PayloadCodec<TPartial>.Create(services);
    private readonly List<string> _findings = [];
    private readonly SortedDictionary<long, UnitSample<TPartial>> _samples = [];
    private TInput _input = default!;
    private ulong _seed;
    private (LocalItems Items, ItemReader Reader)? _items;
    private bool _whole;

    public async Task<IReadOnlyList<string>> RunAsync(TInput given)
    {
        try
        {
            ReadInput(given);
            await Try("PrepareAsync", async () => await kind.PrepareAsync(_input, cancellationToken));
            long count = await CountUnits();
            if (count == 0)
            {
                CheckResult(Try("Empty", () => kind.Empty(_input)));
                return _findings;
            }

            UnitRange[] windows = UnitWindows.Choose(count, options.Units);
            _whole = windows is [{ } all] && all.Count == count;
            await RunFirst(windows);
            CheckCodec();
            foreach (UnitRange window in windows)
                CheckCombine(window);
            await RunAgain(kind, "the second time, with other units at the same time");
            await RunOnFreshInstance();
            if (_whole && _findings.Count == 0)
                await CompareRanges();
            await CheckCancellation();
        }
        catch (CheckStopped)
        {
            // What comes next needs what has just failed.
        }

        return _findings;
    }

    private async Task<long> CountUnits()
    {
        await Try("Items", async () => _items = await LocalItems.ReadAsync(kind, _input, services, cancellationToken));
        if (_items is { } listed)
            return listed.Items.Count;
        long count = Try("CountUnits", () => kind.CountUnits(_input));
        if (Try("CountUnits", () => kind.CountUnits(_input)) is var again && again != count)
            Stop($"CountUnits returned {count}, then {again} for the same input.");
        return count;
    }

    private void ReadInput(TInput given)
    {
        byte[] json = Try("Writing the input as JSON", () => JsonSerializer.SerializeToUtf8Bytes(given, OrleansWorkJson.Payloads));
        KindInput<TInput> reading = Try("Validate", () => KindInput.Read(kind, json));
        if (reading.Problems.Count > 0)
            Stop($"The input is refused: {string.Join(" ", reading.Problems.Select(problem => problem.Message))}");
        if (JsonDifference.Find(json, reading.Canonical!) is { } difference)
            _findings.Add(
                $"The input does not survive JSON: {difference} when read back. Silos would work with another input than the caller's."
            );
        _input = reading.Value!;
        _seed = JobSeed.Of(descriptor.Name, reading.Canonical);
    }

    private async Task RunFirst(UnitRange[] windows)
    {
        foreach (UnitRange window in windows)
        {
            for (long unit = window.From; unit < window.To; unit++)
            {
                UnitSample<TPartial> sample = await RunWithAttempts(unit);
                sample.Bytes = Try($"Encoding the partial of unit {unit}", () => _codec.Encode(sample.Partial));
                if (sample.Bytes.Length > LocalRunner.MaxPayloadBytes)
                    Stop(
                        $"The partial of unit {unit} is {sample.Bytes.Length} bytes of payload; the limit is {LocalRunner.MaxPayloadBytes}."
                    );
                _samples.Add(unit, sample);
            }
        }
    }

    private async Task<UnitSample<TPartial>> RunWithAttempts(long unit)
    {
        for (int attempt = 1; ; attempt++)
        {
            long start = Stopwatch.GetTimestamp();
            try
            {
                TPartial partial = await RunWithin(kind, unit, attempt, options.UnitTimeLimit);
                return new(partial, attempt, Stopwatch.GetElapsedTime(start));
            }
            catch (Exception exception) when (!IsOurs(exception))
            {
                if (attempt == options.MaxAttempts || Causes.Unwrap(exception) is PermanentFailureException)
                    Stop($"Unit {unit} failed on attempt {attempt}. {Causes.Describe(exception)}");
            }
        }
    }

    private async Task RunAgain(JobKind<TInput, TPartial, TResult> instance, string how)
    {
        (long Unit, byte[]? Bytes, string? Failure)[] repeats = await Task.WhenAll(
            _samples
                .Reverse()
                .Select(async pair =>
                {
                    try
                    {
                        TPartial partial = await RunWithin(instance, pair.Key, pair.Value.Attempt + 1, options.UnitTimeLimit);
                        return (pair.Key, (byte[]?)_codec.Encode(partial), (string?)null);
                    }
                    catch (Exception exception) when (!IsOurs(exception))
                    {
                        return (pair.Key, null, Causes.Describe(exception));
                    }
                })
        );
        foreach ((long unit, byte[]? bytes, string? failure) in repeats.OrderBy(repeat => repeat.Unit))
        {
            UnitSample<TPartial> sample = _samples[unit];
            if (failure is not null)
                Stop($"Unit {unit} succeeds, and fails {how}. {failure}");
            if (!sample.Bytes.AsSpan().SequenceEqual(bytes))
            {
                Stop(
                    $"Unit {unit} gives other bytes {how}: {Show(sample.Bytes)}, then {Show(bytes!)}. "
                        + "A unit may depend on the input, its number and context.Random only, and must not share what Combine may change."
                );
            }
        }
    }

    private async Task RunOnFreshInstance()
    {
        if (another() is not { } fresh)
            return;
        try
        {
            await Try("PrepareAsync", async () => await fresh.PrepareAsync(_input, cancellationToken));
            await RunAgain(fresh, "on another instance of the kind");
        }
        finally
        {
            if (fresh is IAsyncDisposable asyncDisposable)
                await asyncDisposable.DisposeAsync();
            else
                (fresh as IDisposable)?.Dispose();
        }
    }

    private void CheckCodec()
    {
        foreach ((long unit, UnitSample<TPartial> sample) in _samples)
        {
            TPartial decoded = Try($"Decoding the partial of unit {unit}", () => _codec.Decode(sample.Bytes));
            byte[] again = Try($"Encoding the decoded partial of unit {unit}", () => _codec.Encode(decoded));
            if (!sample.Bytes.AsSpan().SequenceEqual(again))
                Stop($"A partial does not survive its codec: that of unit {unit} is {Show(sample.Bytes)}, and {Show(again)} once decoded.");
        }
    }

    /// <summary>Folds a window typed, as within a range, and encoded, as between ranges; then regroups its triples.</summary>
    private void CheckCombine(UnitRange window)
    {
        TPartial typed = _samples[window.From].Partial;
        byte[] encoded = _samples[window.From].Bytes;
        for (long unit = window.From + 1; unit < window.To; unit++)
        {
            long right = unit;
            TPartial left = typed;
            byte[] leftBytes = encoded;
            typed = Try("Combine", () => kind.Combine(left, _samples[right].Partial));
            encoded = Combine(leftBytes, _samples[right].Bytes);
        }

        byte[] typedBytes = Try("Encoding a combined partial", () => _codec.Encode(typed));
        if (!typedBytes.AsSpan().SequenceEqual(encoded))
        {
            Stop(
                $"A partial does not survive its codec: units {window} combined are {Show(typedBytes)}, and {Show(encoded)} when the partials cross as bytes in between."
            );
        }

        for (long unit = window.From; unit + 2 < window.To; unit++)
            CheckAssociativity(unit);
        CheckFinish(window, typed, encoded);
    }

    private void CheckAssociativity(long unit)
    {
        (string, byte[])[] neighbours =
        [
            .. Enumerable.Range(0, 3).Select(i => ((unit + i).ToString(CultureInfo.InvariantCulture), _samples[unit + i].Bytes)),
        ];
        if (Associativity.Find(_codec, Combine, neighbours) is { } finding)
            Stop(finding);
    }

    private byte[] Combine(byte[] left, byte[] right)
    {
        byte[] once = Try("Combine", () => _codec.Encode(kind.Combine(_codec.Decode(left), _codec.Decode(right))));
        byte[] twice = Try("Combine", () => _codec.Encode(kind.Combine(_codec.Decode(left), _codec.Decode(right))));
        if (!once.AsSpan().SequenceEqual(twice))
            Stop($"Combine gives other bytes the second time: {Show(once)}, then {Show(twice)}.");
        return once;
    }

    private void CheckFinish(UnitRange window, TPartial typed, byte[] encoded)
    {
        TResult fromTyped,
            fromBytes;
        try
        {
            fromTyped = kind.Finish(_input, typed);
            CleanContext.Enter();
            fromBytes = kind.Finish(_input, _codec.Decode(encoded));
        }
        catch (Exception exception) when (!_whole && exception is not CheckStopped)
        {
            // It may need all units, and these are not all.
            return;
        }
        catch (Exception exception) when (exception is not CheckStopped)
        {
            Stop($"Finish failed. {Causes.Describe(exception)}");
            return;
        }

        byte[] left = CheckResult(fromTyped);
        byte[] right = CheckResult(fromBytes);
        if (!left.AsSpan().SequenceEqual(right))
        {
            _findings.Add(
                $"A partial does not survive its codec: Finish makes {Text.Of(left)} of units {window}, and {Text.Of(right)} when their partial crossed as bytes."
            );
        }
    }

    private byte[] CheckResult(TResult result)
    {
        if (result is byte[] raw)
            return raw;
        if (result is null)
            Stop("The result is null; a job has to return something.");
        byte[] json = Try("Writing the result as JSON", () => JsonSerializer.SerializeToUtf8Bytes(result, OrleansWorkJson.Payloads));
        TResult? read = Try("Reading the result back from JSON", () => JsonSerializer.Deserialize<TResult>(json, OrleansWorkJson.Payloads));
        byte[] again = Try("Writing the result as JSON", () => JsonSerializer.SerializeToUtf8Bytes(read, OrleansWorkJson.Payloads));
        if (JsonDifference.Find(json, again) is { } difference)
            Stop($"The result does not survive JSON: {difference} when read back.");
        return json;
    }

    private async Task CompareRanges()
    {
        byte[]? first = null;
        foreach (long chunk in new long[] { _samples.Count, 1, 3 })
        {
            try
            {
                JobOptions run = new()
                {
                    ChunkUnits = chunk,
                    MaxAttempts = options.MaxAttempts,
                    MaxParallel = 4,
                };
                TResult result = await LocalRunner.RunAsync(kind, _input, run, services, cancellationToken);
                byte[] bytes = result as byte[] ?? JsonSerializer.SerializeToUtf8Bytes(result, OrleansWorkJson.Payloads);
                first ??= bytes;
                if (!first.AsSpan().SequenceEqual(bytes))
                    Stop($"The job gives {Text.Of(first)} as one range, and {Text.Of(bytes)} in ranges of {chunk}.");
            }
            catch (JobFailedException exception)
            {
                Stop($"The job fails in ranges of {chunk}. {exception.Message}");
            }
        }
    }

    private async Task CheckCancellation()
    {
        (long unit, UnitSample<TPartial> sample) = _samples.MaxBy(pair => pair.Value.Duration);
        using CancellationTokenSource already = new();
        await already.CancelAsync();
        await CheckCancellation(unit, sample, already, "its token was cancelled before it began");

        // Too short to be caught in the middle: whether it listens makes no difference to anyone.
        if (sample.Duration < TimeSpan.FromMilliseconds(20))
            return;
        using CancellationTokenSource halfway = new(sample.Duration / 2);
        await CheckCancellation(unit, sample, halfway, "its token was cancelled halfway");
    }

    private async Task CheckCancellation(long unit, UnitSample<TPartial> sample, CancellationTokenSource token, string when)
    {
        Task<TPartial> run = Start(kind, unit, sample.Attempt, token.Token);
        TaskCompletionSource cancelled = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using CancellationTokenRegistration registration = token.Token.Register(() => cancelled.TrySetResult());
        await Task.WhenAny(run, cancelled.Task);
        if (await Task.WhenAny(run, Task.Delay(options.CancellationGrace, cancellationToken)) != run)
        {
            cancellationToken.ThrowIfCancellationRequested();
            _ = run.ContinueWith(
                task => task.Exception,
                CancellationToken.None,
                TaskContinuationOptions.OnlyOnFaulted,
                TaskScheduler.Default
            );
            Stop(
                $"Unit {unit} still ran {Duration.Format(options.CancellationGrace)} after {when}. Pass context.CancellationToken on, or ask it in loops."
            );
        }

        try
        {
            byte[] bytes = _codec.Encode(await run);
            if (!sample.Bytes.AsSpan().SequenceEqual(bytes))
                _findings.Add(
                    $"Unit {unit} returned {Show(bytes)} instead of {Show(sample.Bytes)} when {when}. Throw OperationCanceledException instead of returning a part."
                );
        }
        catch (OperationCanceledException)
        {
            // What it should do.
        }
        catch (Exception exception)
        {
            _findings.Add($"Unit {unit} failed when {when}, instead of throwing OperationCanceledException. {Causes.Describe(exception)}");
        }
    }

    private async Task<TPartial> RunWithin(JobKind<TInput, TPartial, TResult> instance, long unit, int attempt, TimeSpan limit)
    {
        using CancellationTokenSource token = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task<TPartial> run = Start(instance, unit, attempt, token.Token);
        try
        {
            return await run.WaitAsync(limit, cancellationToken);
        }
        catch (TimeoutException) when (!run.IsCompleted)
        {
            await token.CancelAsync();
            bool listens = await Task.WhenAny(run, Task.Delay(options.CancellationGrace, cancellationToken)) == run;
            _ = run.ContinueWith(
                task => task.Exception,
                CancellationToken.None,
                TaskContinuationOptions.OnlyOnFaulted,
                TaskScheduler.Default
            );
            string ignores = listens ? "" : $", and still ran {Duration.Format(options.CancellationGrace)} after its token was cancelled";
            Stop($"Unit {unit} did not end within {Duration.Format(limit)}{ignores}.");
            throw;
        }
    }

    private async Task<TPartial> Start(JobKind<TInput, TPartial, TResult> instance, long unit, int attempt, CancellationToken token)
    {
        using LocalUnitHost host = new(descriptor.Name, _seed, timeout: null, services, token, _items?.Reader);
        UnitContext context = host.Begin(unit, attempt);
        return descriptor.IsAsync
            ? await Task.Run(async () => await instance.RunUnitAsync(_input, unit, context), CancellationToken.None)
            : await Task.Factory.StartNew(
                () => instance.RunUnit(_input, unit, context),
                CancellationToken.None,
                TaskCreationOptions.LongRunning,
                TaskScheduler.Default
            );
    }

    private T Try<T>(string what, Func<T> work)
    {
        try
        {
            return work();
        }
        catch (Exception exception) when (!IsOurs(exception))
        {
            Stop($"{what} failed. {Causes.Describe(exception)}");
            throw;
        }
        finally
        {
            CleanContext.Enter();
        }
    }

    private async Task Try(string what, Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (Exception exception) when (!IsOurs(exception))
        {
            Stop($"{what} failed. {Causes.Describe(exception)}");
        }
    }

    private bool IsOurs(Exception exception) =>
        exception is CheckStopped || (exception is OperationCanceledException && cancellationToken.IsCancellationRequested);

    private void Stop(string finding)
    {
        _findings.Add(finding);
        throw new CheckStopped();
    }

    private string Show(byte[] partial) => PartialJson<TPartial>.Show(_codec, partial);

    private sealed class CheckStopped : Exception;
}
