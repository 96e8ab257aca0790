using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace OrleansWork.SystemTests.Processes;

/// <summary>Waits for conditions with a ceiling.</summary>
internal static class Eventually
{
    /// <summary>Far above what anything here takes on a busy machine.</summary>
    public static readonly TimeSpan Ceiling = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan PollPeriod = TimeSpan.FromMilliseconds(50);

    public static Task TrueAsync(
        Func<bool> condition,
        Func<string>? state = null,
        TimeSpan? ceiling = null,
        [CallerArgumentExpression(nameof(condition))] string what = ""
    ) => NotNullAsync(() => Task.FromResult(condition() ? "" : null), state, ceiling, what);

    public static async Task<T> NotNullAsync<T>(
        Func<Task<T?>> probe,
        Func<string>? state = null,
        TimeSpan? ceiling = null,
        [CallerArgumentExpression(nameof(probe))] string what = ""
    )
        where T : class
    {
        for (long started = Stopwatch.GetTimestamp(); ; await Task.Delay(PollPeriod))
        {
            if (await probe() is { } value)
                return value;
            if (Stopwatch.GetElapsedTime(started) > (ceiling ?? Ceiling))
                throw new TimeoutException(
                    $"Waited {Stopwatch.GetElapsedTime(started).TotalSeconds:0.0} s in vain for {what}. {state?.Invoke()}"
                );
        }
    }
}
