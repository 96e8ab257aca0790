namespace OrleansWork.SystemTests.Faults;

/// <summary>What the bad units of <see cref="RecordedWork"/> do, after they have written down that they began.</summary>
public enum Misdeed
{
    /// <summary>It throws.</summary>
    Throw,

    /// <summary>It waits for its cancellation, and heeds it.</summary>
    Hang,

    /// <summary>It never ends, whoever cancels or interrupts it.</summary>
    Loop,

    /// <summary>It calls itself until the stack is full.</summary>
    Overflow,

    /// <summary>It calls <see cref="Environment.Exit"/>.</summary>
    Exit,

    /// <summary>It calls <see cref="Environment.FailFast(string)"/>.</summary>
    FailFast,

    /// <summary>A thread that it started throws.</summary>
    ThreadThrows,

    /// <summary>An <c>async void</c> method that it called throws.</summary>
    AsyncVoidThrows,

    /// <summary>Two hundred pieces of work of its making block threads of the pool that everything else in the process uses.</summary>
    BlockPool,
}

internal static class Misdeeds
{
    private const int Blockers = 200;
    private const int ExitCode = 70;
    private const int Aborted = 134;

    // Never set: whoever waits for it does so for ever.
    private static readonly ManualResetEventSlim s_never = new();

    /// <summary>Returns the exit code of a process that a misdeed ends at once.</summary>
    public static int CodeOf(Misdeed misdeed) => misdeed == Misdeed.Exit ? ExitCode : Aborted;

    /// <summary>Does it.</summary>
    /// <param name="misdeed">What.</param>
    /// <param name="text">Says which unit of which job it is.</param>
    /// <param name="lasts">How long what it leaves behind lasts.</param>
    /// <param name="cancellationToken">The unit's.</param>
    public static void Commit(Misdeed misdeed, string text, TimeSpan lasts, CancellationToken cancellationToken)
    {
        switch (misdeed)
        {
            case Misdeed.Throw:
                throw new InvalidOperationException(text);
            case Misdeed.Hang:
                cancellationToken.WaitHandle.WaitOne();
                cancellationToken.ThrowIfCancellationRequested();
                break;
            case Misdeed.Loop:
                Loop();
                break;
            case Misdeed.Overflow:
                Deeper(0);
                break;
            case Misdeed.Exit:
                Environment.Exit(ExitCode);
                break;
            case Misdeed.FailFast:
                Environment.FailFast(text);
                break;
            case Misdeed.ThreadThrows:
                Thread thread = new(() => throw new InvalidOperationException(text));
                thread.Start();
                thread.Join();
                break;
            case Misdeed.AsyncVoidThrows:
                ThrowLater(text);
                s_never.Wait(CancellationToken.None);
                break;
            case Misdeed.BlockPool:
                BlockPool(lasts);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(misdeed), misdeed, null);
        }
    }

    private static void Loop()
    {
        while (true)
        {
            try
            {
                // In steps, or it would take the processors away from all other rows.
                s_never.Wait(TimeSpan.FromMilliseconds(5), CancellationToken.None);
            }
            catch (ThreadInterruptedException)
            {
                // A loop that computes would not notice.
            }
        }
    }

    private static int Deeper(int depth) => depth < 0 ? depth : Deeper(depth + 1) + Deeper(depth + 2);

#pragma warning disable VSTHRD100, MA0155 // Just that is the misdeed.
    private static async void ThrowLater(string text)
    {
        await Task.Yield();
        throw new InvalidOperationException(text);
    }
#pragma warning restore VSTHRD100, MA0155

    private static void BlockPool(TimeSpan lasts)
    {
        // All end together, however late each of them got its thread.
        ManualResetEventSlim over = new();
        new Thread(() =>
        {
            s_never.Wait(lasts, CancellationToken.None);
            over.Set();
        })
        {
            IsBackground = true,
        }.Start();
        for (int i = 0; i < Blockers; i++)
            ThreadPool.UnsafeQueueUserWorkItem(static gate => gate.Wait(CancellationToken.None), over, preferLocal: false);
    }
}
