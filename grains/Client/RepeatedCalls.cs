using System.Runtime.ExceptionServices;
using Polly;
using Polly.Retry;
using Polly.Timeout;

namespace OrleansWork;

/// <summary>Makes calls until they answer, within a bound, with growing pauses between the attempts.</summary>
/// <param name="retryFor">The bound.</param>
/// <param name="mayHelp">Whether another attempt may help after such a failure.</param>
/// <param name="time">The time.</param>
/// <param name="pauseOf">How long to wait after such a failure, where it says so itself; null otherwise.</param>
internal sealed class RepeatedCalls(
    TimeSpan retryFor,
    Func<Exception?, bool> mayHelp,
    TimeProvider time,
    Func<Exception?, TimeSpan?>? pauseOf = null
)
{
    private static readonly ResiliencePropertyKey<Exception?> LastFailure = new("orleanswork.last-failure");
    private static readonly ResiliencePropertyKey<TimeSpan> Left = new("orleanswork.left");

    // The shortest that a bound may be.
    private static readonly TimeSpan ShortestLeft = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(2);

    // Most calls answer at once: then nothing of this is made, or compiled.
    private readonly Lazy<ResiliencePipeline> _pipeline = new(() =>
        new ResiliencePipelineBuilder { TimeProvider = time }
            .AddTimeout(
                new TimeoutStrategyOptions
                {
                    TimeoutGenerator = arguments => ValueTask.FromResult(arguments.Context.Properties.GetValue(Left, retryFor)),
                }
            )
            .AddRetry(
                new RetryStrategyOptions
                {
                    ShouldHandle = arguments => ValueTask.FromResult(mayHelp(arguments.Outcome.Exception)),
                    MaxRetryAttempts = int.MaxValue,
                    BackoffType = DelayBackoffType.Exponential,
                    UseJitter = true,
                    Delay = FirstDelay,
                    MaxDelay = LongestDelay,
                    DelayGenerator = arguments => ValueTask.FromResult(pauseOf?.Invoke(arguments.Outcome.Exception)),
                    OnRetry = arguments =>
                    {
                        arguments.Context.Properties.Set(LastFailure, arguments.Outcome.Exception);
                        return ValueTask.CompletedTask;
                    },
                }
            )
            .Build()
    );

    /// <summary>Makes the call until it answers.</summary>
    /// <param name="what">What is asked, for the message: "status of job 3f2a".</param>
    /// <param name="call">The call.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="RequestException">It was refused, or nothing answered within the bound.</exception>
    public async Task<T> RunAsync<T>(string what, Func<CancellationToken, Task<T>> call, CancellationToken cancellationToken)
    {
        long started = time.GetTimestamp();
        ExceptionDispatchInfo first;
        using (CancellationTokenSource bound = new(retryFor, time))
        using (CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(bound.Token, cancellationToken))
        {
            try
            {
                return await call(either.Token);
            }
            catch (OperationCanceledException late) when (bound.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
            {
                throw Unanswered(what, late);
            }
            catch (Exception exception) when (mayHelp(exception))
            {
                first = ExceptionDispatchInfo.Capture(exception);
            }
        }

        TimeSpan left = retryFor - time.GetElapsedTime(started);
        return await RepeatAsync(what, first, left > ShortestLeft ? left : ShortestLeft, call, cancellationToken);
    }

    private async Task<T> RepeatAsync<T>(
        string what,
        ExceptionDispatchInfo first,
        TimeSpan left,
        Func<CancellationToken, Task<T>> call,
        CancellationToken cancellationToken
    )
    {
        ResilienceContext context = ResilienceContextPool.Shared.Get(continueOnCapturedContext: true, cancellationToken);
        context.Properties.Set(Left, left);
        ExceptionDispatchInfo? failed = first;
        try
        {
            return await _pipeline.Value.ExecuteAsync(
                async attempt =>
                {
                    // The attempt that was made already, so that the pause after it is one of them all.
                    Interlocked.Exchange(ref failed, null)?.Throw();
                    return await call(attempt.CancellationToken);
                },
                context
            );
        }
        catch (TimeoutRejectedException timeout)
        {
            Exception? last = context.Properties.GetValue(LastFailure, null);
            if (last is RequestException refusal)
                throw RequestException.Of(refusal.Reason, refusal.Message, refusal.Problems, refusal);
            throw Unanswered(what, last ?? timeout);
        }
        finally
        {
            ResilienceContextPool.Shared.Return(context);
        }
    }

    /// <summary>Says that nothing answered.</summary>
    public ClusterUnreachableException Unanswered(string what, Exception cause) =>
        new(
            $"The cluster did not answer ({what}) within {Duration.Format(retryFor)}: {cause.GetType().Name}: {FirstLine(cause.Message)}",
            cause
        );

    private static string FirstLine(string text)
    {
        int end = text.AsSpan().IndexOfAny('\r', '\n');
        return end < 0 ? text : text[..end];
    }
}
