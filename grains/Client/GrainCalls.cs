using Orleans.Runtime;
using Orleans.Runtime.Messaging;
using OrleansWork.Protocol;
using OrleansWork.Protocol.Security;

namespace OrleansWork;

/// <summary>Calls grains until they answer: repeats what a lost silo, gateway or store leaves unanswered, within a bound.</summary>
/// <remarks>
/// Orleans never sends a call again by itself, and a client outside the cluster learns of a lost silo only by a time-out. All calls made
/// through here may be repeated: their grains tell a repetition from a new request.
/// </remarks>
internal sealed class GrainCalls(TimeSpan retryFor, bool retryBusy, TimeProvider time)
{
    private readonly RepeatedCalls _calls = new(retryFor, failure => MayHelp(failure, retryBusy), time);

    /// <summary>Makes the call until it answers.</summary>
    /// <param name="what">What is asked, for the message: "status of job 3f2a".</param>
    /// <param name="call">The call; its answer is returned, its refusal thrown.</param>
    /// <param name="cancellationToken">Ends the waiting, not what the call does.</param>
    /// <param name="attemptTimeout">How long one attempt may take, when less than the method's own response time-out.</param>
    /// <exception cref="RequestException">The grain refused, or nothing answered within the bound.</exception>
    public async Task<T> RunAsync<T>(string what, Func<Task<T>> call, CancellationToken cancellationToken, TimeSpan? attemptTimeout = null)
    {
        try
        {
            return await _calls.RunAsync(
                what,
                attempt => call().WaitAsync(attemptTimeout ?? Timeout.InfiniteTimeSpan, time, attempt),
                cancellationToken
            );
        }
        catch (CallRefusedException refused)
        {
            throw new RequestRefusedException(ErrorReason.Refused, refused.Message, innerException: refused);
        }
        catch (Exception exception) when (exception is OrleansException and not WrappedException)
        {
            throw _calls.Unanswered(what, exception);
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
}
