using System.Runtime.ExceptionServices;
using Xunit.Sdk;
using Xunit.v3;

// Seeds keep all processors busy: two classes beside each other would have twice as many threads wait for each collection of garbage.
[assembly: Parallelization(Mode = ParallelMode.None)]

namespace OrleansWork.Simulation;

/// <summary>Runs seeds on all processors.</summary>
internal static class Seeded
{
    /// <summary>Runs all seeds from 1 on, and returns what each came to. Of those that fail the lowest is told, as if they ran one after the other.</summary>
    public static T[] Run<T>(int count, Func<int, T> run)
    {
        T[] all = new T[count];
        Lock gate = new();
        (int Seed, ExceptionDispatchInfo Failure)? lowest = null;
        Parallel.For(
            1,
            count + 1,
            (seed, others) =>
            {
                try
                {
                    all[seed - 1] = run(seed);
                }
                catch (Exception exception)
                {
                    lock (gate)
                    {
                        if (lowest is not { } known || seed < known.Seed)
                            lowest = (seed, ExceptionDispatchInfo.Capture(exception));
                    }

                    // Those below it are still run.
                    others.Break();
                }
            }
        );
        lowest?.Failure.Throw();
        return all;
    }

    /// <inheritdoc cref="Run{T}(int, Func{int, T})"/>
    public static void Run(int count, Action<int> run) =>
        Run(
            count,
            seed =>
            {
                run(seed);
                return true;
            }
        );
}
