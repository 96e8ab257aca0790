using System.Globalization;
using System.Runtime.CompilerServices;

namespace OrleansWork;

/// <summary>The state in which every call of user code starts, whatever ran before on its thread: invariant cultures, no async locals, no
/// synchronization context, no grain's scheduler, and the thread's own name and priority.</summary>
/// <remarks>
/// What a call leaves behind is not undone piece by piece: cultures and async locals live in the thread's execution context, which is immutable, so
/// one comparison of references says whether anything was left, and putting the reference back removes it. That costs a few nanoseconds.
/// </remarks>
internal static class CleanContext
{
    [ThreadStatic]
    private static Own? t_own;

    /// <summary>Gets the execution context that user code starts in.</summary>
    public static ExecutionContext Empty { get; } = MakeEmpty();

    /// <summary>Makes this thread as user code should find it.</summary>
    /// <returns>The context to compare with, and to go back to.</returns>
    public static ExecutionContext Enter()
    {
        Restore(Empty);
        t_own!.KeepInPlace(Thread.CurrentThread);
        return Empty;
    }

    /// <summary>Says whether this thread is as it was when <paramref name="context"/> was taken.</summary>
    public static bool Holds(ExecutionContext context) =>
        ReferenceEquals(ExecutionContext.Capture(), context)
        && SynchronizationContext.Current is null
        && t_own is { } own
        && own.Holds(Thread.CurrentThread);

    /// <summary>Makes this thread as it was when <paramref name="context"/> was taken.</summary>
    /// <returns>Whether anything had been changed.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Restore(ExecutionContext context)
    {
        if (Holds(context))
            return false;
        PutBack(context);
        return true;
    }

    /// <summary>Takes an interruption of this thread that is still to come, so that no later call of user code gets it. Costs up to a microsecond.</summary>
    public static void TakeInterruption()
    {
        object gate = t_own ??= Own.Of(Thread.CurrentThread);
        try
        {
            lock (gate)
                Monitor.Wait(gate, 0);
        }
        catch (ThreadInterruptedException)
        {
            // As meant.
        }
    }

    /// <summary>Runs work on this thread as user code should find it, and leaves the thread as it was: for user code that a turn of a grain or a
    /// caller's own thread runs.</summary>
    /// <remarks>Inside, <see cref="TaskScheduler.Current"/> is the default one: what user code awaits there never waits for the turn to end.</remarks>
    public static void Run<TState>(Action<TState> work, TState state) =>
        ExecutionContext.Run(Empty, static visit => ((Visit<TState>)visit!).Run(), new Visit<TState>(work, state));

    /// <summary>Runs asynchronous work that starts as user code should find its thread.</summary>
    public static async Task<T> RunAsync<T>(Func<Task<T>> work)
    {
        // Inside of an async method: whoever called goes on in his own context.
        Enter();
        return await work();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void PutBack(ExecutionContext context)
    {
        SynchronizationContext.SetSynchronizationContext(null);
        ExecutionContext.Restore(context);
        Thread thread = Thread.CurrentThread;
        if (t_own is { } own)
            own.PutBack(thread);
        else
            t_own = Own.Of(thread);
    }

    private static ExecutionContext MakeEmpty()
    {
        ExecutionContext? empty = null;

        // A new thread that nothing flows to. The cultures are set in the context, so that they do not depend on what the process makes its default.
        Thread maker = new(() =>
        {
            CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
            CultureInfo.CurrentUICulture = CultureInfo.InvariantCulture;
            empty = ExecutionContext.Capture();
        });
        maker.UnsafeStart();
        maker.Join();
        return empty!;
    }

    /// <summary>One piece of work on a thread that is somebody else's.</summary>
    private sealed class Visit<TState>(Action<TState> work, TState state)
    {
        public void Run()
        {
            // Whoever asks for the current scheduler inside is told that of this task.
            Task task = new(
                static visit => ((Visit<TState>)visit!).Perform(),
                this,
                CancellationToken.None,
                TaskCreationOptions.DenyChildAttach
            );
            task.RunSynchronously(TaskScheduler.Default);
#pragma warning disable VSTHRD002 // It has ended.
            task.GetAwaiter().GetResult();
#pragma warning restore VSTHRD002
        }

        private void Perform()
        {
            Enter();
            try
            {
                work(state);
            }
            finally
            {
                // The caller's context comes back by itself; name and priority are not part of it.
                Enter();
            }
        }
    }

    /// <summary>What belongs to a thread itself, as it was when user code first came to it.</summary>
    private sealed class Own(string? name, ThreadPriority priority, bool isBackground)
    {
        public static Own Of(Thread thread) => new(thread.Name, thread.Priority, thread.IsBackground);

        /// <summary>Keeps whether the process waits for the thread at its end: looked at once per call, for it costs more than the rest.</summary>
        public void KeepInPlace(Thread thread)
        {
            if (thread.IsBackground != isBackground)
                thread.IsBackground = isBackground;
        }

        public bool Holds(Thread thread) => ReferenceEquals(thread.Name, name) && thread.Priority == priority;

        public void PutBack(Thread thread)
        {
            if (!ReferenceEquals(thread.Name, name))
                thread.Name = name;
            if (thread.Priority != priority)
                thread.Priority = priority;
        }
    }
}
