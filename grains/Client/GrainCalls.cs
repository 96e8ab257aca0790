using Orleans.Runtime;
using Orleans.Runtime.Messaging;
using OrleansWork.Protocol;
using OrleansWork.Protocol.Security;
using Polly;
using Polly.Retry;
using Polly.Timeout;

namespace OrleansWork;

/// <summary>Calls grains until they answer: repeats what a lost silo, gateway or store leaves unanswered, within a bound.</summary>
/// <remarks>
/// Orleans never sends a call again by itself, and a client outside the cluster learns of a lost silo only by a time-out. All calls made
/// through here may be repeated: their grains tell a repetition from a new request.
/// </remarks>
internal sealed class GrainCalls
{
    private static readonly ResiliencePropertyKey<Exception?> LastFailure = new("orleanswork.last-failure");
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(2);

    private readonly ResiliencePipeline _pipeline;
    private readonly TimeSpan _retryFor;
    private readonly TimeProvider _time;

    public GrainCalls(TimeSpan retryFor, bool retryBusy, TimeProvider time)
    {
        _retryFor = retryFor;
        _time = time;
        _pipeline = new ResiliencePipelineBuilder { TimeProvider = time }
            .AddTimeout(new TimeoutStrategyOptions { Timeout = retryFor })
            .AddRetry(
                new RetryStrategyOptions
                {
                    ShouldHandle = arguments => ValueTask.FromResult(MayHelp(arguments.Outcome.Exception, retryBusy)),
                    MaxRetryAttempts = int.MaxValue,
                    BackoffType = DelayBackoffType.Exponential,
                    UseJitter = true,
                    Delay = FirstDelay,
                    MaxDelay = LongestDelay,
                    OnRetry = arguments =>
                    {
                        arguments.Context.Properties.Set(LastFailure, arguments.Outcome.Exception);
                        return ValueTask.CompletedTask;
                    },
                }
            )
            .Build();
    }

    /// <summary>Makes the call until it answers.</summary>
    /// <param name="what">What is asked, for the message: "status of job 3f2a".</param>
    /// <param name="call">The call; its answer is returned, its refusal thrown.</param>
    /// <param name="cancellationToken">Ends the waiting, not what the call does.</param>
    /// <param name="attemptTimeout">How long one attempt may take, when less than the method's own response time-out.</param>
    /// <exception cref="RequestException">The grain refused, or nothing answered within the bound.</exception>
    public async Task<T> RunAsync<T>(string what, Func<Task<T>> call, CancellationToken cancellationToken, TimeSpan? attemptTimeout = null)
    {
        ResilienceContext context = ResilienceContextPool.Shared.Get(continueOnCapturedContext: true, cancellationToken);
        try
        {
            return await _pipeline.ExecuteAsync(
                async (attempt, state) =>
                    await state.call().WaitAsync(state.attemptTimeout ?? Timeout.InfiniteTimeSpan, state._time, attempt.CancellationToken),
                context,
                (call, attemptTimeout, _time)
            );
        }
        catch (TimeoutRejectedException timeout)
        {
            Exception? last = context.Properties.GetValue(LastFailure, null);
            if (last is RequestException refusal)
                throw RequestException.Of(refusal.Reason, refusal.Message, refusal.Problems, refusal);
            throw Unanswered(what, last ?? timeout);
        }
        catch (CallRefusedException refused)
        {
            throw new RequestRefusedException(ErrorReason.Refused, refused.Message, innerException: refused);
        }
        catch (Exception exception) when (exception is OrleansException and not WrappedException)
        {
            throw Unanswered(what, exception);
        }
        finally
        {
            ResilienceContextPool.Shared.Return(context);
        }
    }

    /// <summary>Returns the document, or throws why there is none.</summary>
    public static byte[] DocumentOrThrow(byte[]? document, Refusal? refusal)
    {
        if (refusal is not null)
            throw AsException(refusal);
        return document ?? throw new ClusterUnreachableException("The cluster answered with an empty document.");
    }

    /// <summary>Makes the exception that callers see of a refusal.</summary>
    public static RequestException AsException(Refusal refusal) =>
        RequestException.Of(
            refusal.Reason,
            refusal.Message,
            refusal.Problems.IsDefaultOrEmpty
                ? null
                : [.. refusal.Problems.Select(problem => new InputProblem(problem.Field, problem.Message))]
        );

    private static bool MayHelp(Exception? exception, bool retryBusy) =>
        exception switch
        {
            RequestException refusal => refusal.Reason == ErrorReason.Unavailable || (retryBusy && refusal.Reason == ErrorReason.Busy),
            TimeoutException or OrleansMessageRejectionException or ConnectionFailedException => true,
            ClientNotAvailableException or GatewayTooBusyException or LimitExceededException => true,
            // "No active nodes are compatible with grain …": the silos that could take the call are not there yet, or just gone.
            OrleansException => exception.GetType() == typeof(OrleansException),
            _ => false,
        };

    private ClusterUnreachableException Unanswered(string what, Exception cause) =>
        new(
            $"The cluster did not answer ({what}) within {Duration.Format(_retryFor)}: {cause.GetType().Name}: {FirstLine(cause.Message)}",
            cause
        );

    private static string FirstLine(string text)
    {
        int end = text.AsSpan().IndexOfAny('\r', '\n');
        return end < 0 ? text : text[..end];
    }
}
