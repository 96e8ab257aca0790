namespace OrleansWork;

/// <summary>How user code says that it was cancelled.</summary>
internal static class Cancellation
{
    /// <summary>Says whether an exception is nothing but a cancellation: as it is thrown, or as whoever blocks on a task gets it.</summary>
    public static bool Is(Exception exception) =>
        exception is OperationCanceledException
        || (exception is AggregateException { InnerExceptions: { Count: > 0 } inner } && inner.All(Is));
}
