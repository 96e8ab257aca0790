using System.Collections.Concurrent;
using System.Diagnostics;
using OrleansWork.Engine.Tests.Support;

namespace OrleansWork.Engine.Tests.Execution;

/// <summary>What test kinds tell the test, and what the test tells them; injected into the kinds.</summary>
internal sealed class Probe
{
    public ConcurrentQueue<string> Events { get; } = new();
    public ConcurrentDictionary<long, TaskCompletionSource> Gates { get; } = new();
    public ConcurrentDictionary<long, TaskCompletionSource> Reached { get; } = new();
    public int Prepared;
    public int Disposed;
    public int FailPreparations;
    public int Concurrent;
    public int PeakConcurrent;

    public TaskCompletionSource Gate(long unit) => Gates.GetOrAdd(unit, _ => new(TaskCreationOptions.RunContinuationsAsynchronously));

    public Task WhenReached(long unit) => Reach(unit).Task.WaitAsync(TimeSpan.FromSeconds(30));

    public void Reaches(long unit) => Reach(unit).TrySetResult();

    public void Enter()
    {
        int now = Interlocked.Increment(ref Concurrent);
        int peak = Volatile.Read(ref PeakConcurrent);
        while (now > peak)
        {
            int before = Interlocked.CompareExchange(ref PeakConcurrent, now, peak);
            if (before == peak)
                break;
            peak = before;
        }
    }

    public void Leave() => Interlocked.Decrement(ref Concurrent);

    private TaskCompletionSource Reach(long unit) => Reached.GetOrAdd(unit, _ => new(TaskCreationOptions.RunContinuationsAsynchronously));
}

/// <summary>Units that keep their slot for a time by the clock.</summary>
[JobKind("spin")]
internal sealed class SpinKind(Probe probe) : JobKind<SpinKind.Input, long>, IAsyncDisposable
{
    public sealed record Input(long Units = 1000, double Ms = 0);

    public override async ValueTask PrepareAsync(Input input, CancellationToken cancellationToken)
    {
        await Task.Yield();
        Interlocked.Increment(ref probe.Prepared);
        if (Interlocked.Decrement(ref probe.FailPreparations) >= 0)
            throw new InvalidOperationException("no model");
    }

    public override long CountUnits(Input input) => input.Units;

    public override long RunUnit(Input input, long unit, UnitContext context)
    {
        if (input.Ms > 0)
        {
            probe.Enter();
            long start = Stopwatch.GetTimestamp();
            while (Stopwatch.GetElapsedTime(start).TotalMilliseconds < input.Ms)
                Thread.SpinWait(50);
            probe.Leave();
        }

        return unit;
    }

    public override long Combine(long left, long right) => left + right;

    public ValueTask DisposeAsync()
    {
        Interlocked.Increment(ref probe.Disposed);
        return ValueTask.CompletedTask;
    }
}

/// <summary>Units that wait for the test: honouring their token, or not.</summary>
[JobKind("gated")]
internal sealed class GatedKind(Probe probe) : JobKind<GatedKind.Input, long>
{
    public sealed record Input(long Units = 1000, long OpenBelow = 0, bool IgnoreToken = false);

    public override long CountUnits(Input input) => input.Units;

    public override long RunUnit(Input input, long unit, UnitContext context)
    {
        if (unit >= input.OpenBelow)
        {
            Task gate = probe.Gate(unit).Task;
            probe.Reaches(unit);
#pragma warning disable VSTHRD002 // The unit blocks its slot on purpose.
            while (input.IgnoreToken && !gate.IsCompleted)
                Stubborn.Wait(() => gate.GetAwaiter().GetResult());
            gate.WaitAsync(context.CancellationToken).GetAwaiter().GetResult();
#pragma warning restore VSTHRD002
        }

        return unit;
    }

    public override long Combine(long left, long right) => left + right;
}

/// <summary>A combination that is neither commutative nor exact: its bits show every change of order.</summary>
[JobKind("float-mix")]
internal sealed class FloatMixKind : JobKind<FloatMixKind.Input, float>
{
    public sealed record Input(long Units = 1000, long FailAt = -1);

    public override long CountUnits(Input input) => input.Units;

    public override float RunUnit(Input input, long unit, UnitContext context) =>
        unit == input.FailAt ? throw new FormatException($"bad digit at {unit}") : 1.0f / (unit + 1) + context.Random.NextSingle();

    public override float Combine(float left, float right) => (left * 1.000_1f) - (right * 0.999f);
}

/// <summary>Units that fail in many ways.</summary>
[JobKind("faulty")]
internal sealed class FaultyKind : JobKind<FaultyKind.Input, string>
{
    public sealed record Input(string How, long At = 3, long Units = 100);

    public override long CountUnits(Input input) => input.Units;

    public override string RunUnit(Input input, long unit, UnitContext context)
    {
        if (unit != input.At)
            return "";
        throw input.How switch
        {
            "permanent" => new PermanentFailureException("never"),
            "huge" => new InvalidOperationException(new string('ä', 3_000_000)),
            "evil" => new EvilException(),
            _ => new FormatException("bad digit"),
        };
    }

    public override string Combine(string left, string right) => left + right;

    private sealed class EvilException : Exception
    {
        public override string Message => throw new InvalidOperationException("not even this");

        public override string? StackTrace => throw new InvalidOperationException("nor this");
    }
}

/// <summary>Units with results of any size.</summary>
[JobKind("bulky")]
internal sealed class BulkyKind : JobKind<BulkyKind.Input, byte[]>
{
    public sealed record Input(int[] Sizes);

    public override long CountUnits(Input input) => input.Sizes.Length;

    public override byte[] RunUnit(Input input, long unit, UnitContext context) => new byte[input.Sizes[unit]];

    public override byte[] Combine(byte[] left, byte[] right) => [.. left, .. right];
}

/// <summary>Combines that throw.</summary>
[JobKind("uncombinable")]
internal sealed class UncombinableKind : JobKind<UncombinableKind.Input, int>
{
    public sealed record Input(long Units = 100);

    public override long CountUnits(Input input) => input.Units;

    public override int RunUnit(Input input, long unit, UnitContext context) => 1;

    public override int Combine(int left, int right) =>
        left + right >= 4 ? throw new ArithmeticException("four is too many") : left + right;
}

/// <summary>Units that wait without a slot.</summary>
[JobKind("waiting")]
internal sealed class WaitingKind(Probe probe) : JobKind<WaitingKind.Input, long>
{
    public sealed record Input(long Units = 1000);

    public override long CountUnits(Input input) => input.Units;

    public override async ValueTask<long> RunUnitAsync(Input input, long unit, UnitContext context)
    {
        probe.Enter();
        try
        {
            Task gate = probe.Gate(unit).Task;
            probe.Reaches(unit);
            await gate.WaitAsync(context.CancellationToken);
            probe.Events.Enqueue(Thread.CurrentThread.Name ?? "");
            return unit;
        }
        finally
        {
            probe.Leave();
        }
    }

    public override long Combine(long left, long right) => left + right;
}

/// <summary>A kind whose preparation never ends by itself: it keeps its thread, or waits for its cancellation.</summary>
[JobKind("stuck")]
internal sealed class StuckKind(Probe probe) : JobKind<StuckKind.Input, long>
{
    public const long Gate = -1;

    public sealed record Input(bool Heeds = false);

    public override async ValueTask PrepareAsync(Input input, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref probe.Prepared);
        if (input.Heeds)
            await Task.Delay(Timeout.Infinite, cancellationToken);
        ((IAsyncResult)probe.Gate(Gate).Task).AsyncWaitHandle.WaitOne();
    }

    public override long CountUnits(Input input) => 1;

    public override long RunUnit(Input input, long unit, UnitContext context) => unit;

    public override long Combine(long left, long right) => left + right;
}
