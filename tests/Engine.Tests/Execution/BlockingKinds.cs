namespace OrleansWork.Engine.Tests.Execution;

#pragma warning disable VSTHRD002, VSTHRD103, VSTHRD105, CA1849, CA2008, RS0030, MA0042, MA0045, xUnit1031 // What these units do is what others should not.

/// <summary>Asynchronous units that block their thread in one way or another.</summary>
[JobKind("blocking")]
internal sealed class BlockingKind(Probe probe) : JobKind<BlockingKind.Input, long>
{
    private readonly SemaphoreSlim _one = new(1);
    private readonly Barrier _together = new(8);

    public sealed record Input(string How, long Units = 1000);

    public override long CountUnits(Input input) => input.Units;

    public override async ValueTask<long> RunUnitAsync(Input input, long unit, UnitContext context)
    {
        await Task.Yield();
        probe.Reaches(unit);
        switch (input.How)
        {
            case "result":
                return OldLibraryAsync().Result;
            case "wait":
                OldLibraryAsync().Wait();
                return 1;
            case "get-result":
                return OldLibraryAsync().GetAwaiter().GetResult();
            case "result-without-context":
                return DetachedAsync().Result;
            case "after-configure-await":
                await Task.Delay(1).ConfigureAwait(false);
                return OldLibraryAsync().Result;
            case "nested":
                return NestedAsync(4).Result;
            case "run":
                return Task.Run(OldLibraryAsync).Result;
            case "child":
                return Task.Factory.StartNew(() => OldLibraryAsync().Result).Result;
            case "wait-all":
                Task.WaitAll(OldLibraryAsync(), OldLibraryAsync());
                return 1;
            case "sleep":
                Thread.Sleep(20);
                return 1;
            case "semaphore":
                _one.Wait();
                await Task.Delay(1);
                _one.Release();
                return 1;
            case "barrier":
                _together.SignalAndWait();
                return 1;
            case "heeds":
                Task.Delay(Timeout.Infinite, context.CancellationToken).Wait();
                return 1;
            case "heeds-result":
                return HeedsAsync(context.CancellationToken).Result;
            case "ignores":
                ((IAsyncResult)probe.Gate(-1).Task).AsyncWaitHandle.WaitOne();
                return 1;
            case "awaits":
                await probe.Gate(-1).Task;
                return 1;
            default:
                return 1;
        }
    }

    public override long Combine(long left, long right) => left + right;

    private static async Task<long> OldLibraryAsync()
    {
        await Task.Delay(5);
        return 1;
    }

    private static async Task<long> DetachedAsync()
    {
        await Task.Delay(5).ConfigureAwait(false);
        return 1;
    }

    private static async Task<long> NestedAsync(int depth)
    {
        await Task.Yield();
        return depth == 0 ? 1 : NestedAsync(depth - 1).Result;
    }

    private static async Task<long> HeedsAsync(CancellationToken cancellationToken)
    {
        await Task.Delay(Timeout.Infinite, cancellationToken);
        return 1;
    }
}

/// <summary>Units on slots that wait for what runs elsewhere.</summary>
[JobKind("blocking-slot")]
internal sealed class BlockingSlotKind(Probe probe) : JobKind<BlockingSlotKind.Input, long>
{
    public sealed record Input(string How, long Units = 1000);

    public override long CountUnits(Input input) => input.Units;

    public override long RunUnit(Input input, long unit, UnitContext context)
    {
        switch (input.How)
        {
            case "run":
                Task.Run(static () => Thread.Sleep(1)).Wait();
                return 1;
            case "result":
                return WaitAsync().Result;
            case "interrupt":
                Thread.Sleep(1);
                Thread.CurrentThread.Interrupt();
                return 1;
            case "sleep":
                Thread.Sleep(1);
                return 1;
            case "for-ever":
                probe.Reaches(unit);
                Thread.Sleep(Timeout.Infinite);
                return 1;
            case "for-ever-finally":
                try
                {
                    return 1;
                }
                finally
                {
                    probe.Reaches(unit);
                    new ManualResetEvent(false).WaitOne();
                }
            case "foreground":
                Thread.CurrentThread.IsBackground = false;
                return 1;
            default:
                return 1;
        }
    }

    public override long Combine(long left, long right) => left + right;

    private static async Task<long> WaitAsync()
    {
        await Task.Delay(2);
        return 1;
    }
}
